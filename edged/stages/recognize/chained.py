"""Several recognizers as one: what one loses, the next one answers, while its sound is still held.

A thread of its own opens and closes them and asks again, since a model takes its time to load.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from edged.backends.verdict import Hopeless
from edged.errors import EdgedError, ProviderError, StageStalled
from edged.stages.recognize import strain
from edged.stages.recognize.recognizer import (
    Capabilities,
    Final,
    Lost,
    OnReply,
    Options,
    Pcm,
    Recognizer,
    Reply,
    Restarted,
    Switched,
)
from edged.stages.recognize.rung import Rung
from edged.stages.recognize.samples import MAX_SAMPLES

log = logging.getLogger(__name__)

CLOSE_S = 8.0
"""Seconds for the thread to end: a model that loads is waited for."""


@dataclass(slots=True, eq=False)
class Held:
    """An utterance without its text, and its sound."""

    options: Options
    rung: Rung | None
    """Who answers it; None while it waits for the next."""
    live: bool = True
    """False while what was said before is told to that one: what comes is told after it."""
    pieces: list[Pcm] = field(default_factory=list[Pcm])
    samples: int = 0
    finished_at: float | None = None
    """Clock at which its sound ended."""
    tried: list[Rung] = field(default_factory=list[Rung])


class ChainedRecognizer:
    """A Recognizer over others. As many utterances are held as those others take."""

    def __init__(
        self,
        rungs: Sequence[Rung],
        on_reply: OnReply,
        celsius: Callable[[], float | None] = lambda: None,
        smaller_above_c: float = 0.0,
        hurried: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the first that can serve; one that is accelerated may fail to, the next one may not.

        Args:
            rungs: best first.
            on_reply: called from threads of the recognizers, one at a time.
            celsius: the machine's temperature, None where it does not tell.
            smaller_above_c: above this the smaller model is asked; 0: at any temperature.
            hurried: somebody waits for the texts; where nobody does, no text is late.
            clock: seconds.

        Raises:
            EdgedError: it cannot be opened.
        """
        self._rungs = tuple(rungs)
        self._on_reply = on_reply
        self._celsius = celsius
        self._limit_c = smaller_above_c
        self._hurried = hurried
        self._clock = clock
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._saying = threading.RLock()  # so that nothing is said of an utterance after cancel returned
        self._held: dict[int, Held] = {}
        self._again: deque[int] = deque()  # each held utterance at most once
        self._look = False
        self._closing = False
        self._strain = strain.Strain()
        self._untold: Switched | None = None  # nobody listens before the first utterance
        self._serving = self._first()
        self._thread = threading.Thread(target=self._run, name="recognizers")
        self._thread.start()

    @property
    def capabilities(self) -> Capabilities:
        """Of the one that is asked now."""
        recognizer = self._serving.recognizer
        assert recognizer is not None  # who serves is open
        return recognizer.capabilities

    @property
    def serving(self) -> str:
        """Name of the one that is asked now."""
        return self._serving.name

    def start(self, utterance: int, options: Options) -> None:
        with self._lock:
            if self._closing or utterance in self._held:
                return
            recognizer = self._serving.recognizer
            self._held[utterance] = Held(options, self._serving)
            self._wake()
        assert recognizer is not None  # who serves is open
        recognizer.start(utterance, options)

    def accept(self, utterance: int, pcm: Pcm) -> None:
        with self._lock:
            held = self._held.get(utterance)
            if held is None or held.finished_at is not None:
                return
            fits = pcm[: MAX_SAMPLES - held.samples].copy()
            held.pieces.append(fits)
            held.samples += len(fits)
            recognizer = self._heard_by(held)
        if recognizer is not None:
            recognizer.accept(utterance, pcm)

    def finish(self, utterance: int) -> None:
        with self._lock:
            held = self._held.get(utterance)
            if held is None or held.finished_at is not None:
                return
            held.finished_at = self._clock()
            recognizer = self._heard_by(held)
        if recognizer is not None:
            recognizer.finish(utterance)

    def cancel(self, utterance: int) -> None:
        with self._lock:
            held = self._held.pop(utterance, None)
            recognizer = held.rung.recognizer if held is not None and held.rung is not None else None
            self._changed.notify_all()
        if recognizer is not None:
            recognizer.cancel(utterance)
        with self._saying:
            return

    def drain(self, timeout_s: float) -> bool:
        with self._lock:
            return self._changed.wait_for(
                lambda: all(held.finished_at is None for held in self._held.values()), timeout_s
            )

    def close(self) -> None:
        """End all of them; utterances without an answer are forgotten.

        Raises:
            StageStalled: the thread did not end in 8 s.
        """
        with self._lock:
            self._closing = True
            self._held.clear()
            self._changed.notify_all()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            raise StageStalled(f"recognizers: their thread did not end within {CLOSE_S:g} s")
        for rung in self._rungs:
            recognizer, rung.recognizer = rung.recognizer, None
            if recognizer is not None:
                recognizer.close()

    def _heard_by(self, held: Held) -> Recognizer | None:
        return held.rung.recognizer if held.rung is not None and held.live else None

    # --- replies, in the threads of the recognizers ---

    def _hear(self, rung: Rung, reply: Reply) -> None:
        with self._saying:
            match reply:
                case Restarted() | Switched():
                    self._on_reply(reply)
                case Lost():
                    if (said := self._lost(rung, reply)) is not None:
                        self._on_reply(said)
                        self._forget(reply.utterance)
                case Final():
                    if (final := self._final(rung, reply)) is not None:
                        self._on_reply(final)
                        self._forget(reply.utterance)
                case _:
                    with self._lock:
                        held = self._held.get(reply.utterance)
                        mine = held is not None and held.rung is rung
                    if mine:
                        self._on_reply(reply)

    def _final(self, rung: Rung, reply: Final) -> Final | None:
        """Note a text; None if nobody waits for it."""
        with self._lock:
            held = self._held.get(reply.utterance)
            if held is None or held.rung is not rung or rung.recognizer is None:
                return None
            rung.answered()
            now = self._clock()
            waited_s = now - held.finished_at if held.finished_at is not None else 0.0
            if self._hurried and rung.kind in ("accelerated", "usual"):
                self._strain = strain.answered(self._strain, reply.audio_s, max(waited_s, reply.cpu_s), now)
            self._wake()
            return replace(reply, ran=rung.recognizer.capabilities)

    def _lost(self, rung: Rung, reply: Lost) -> Lost | None:
        """Have the next one answer; what to say where there is none."""
        with self._lock:
            held = self._held.get(reply.utterance)
            if held is None or held.rung is not rung:
                return None
            now = self._clock()
            held.rung = None
            held.tried.append(rung)
            if reply.code == "busy":
                self._strain = strain.refused(self._strain, now)
            elif rung.missed(now):
                log.warning("recognize: %s is not asked for a while: %s", rung.name, reply.reason)
            self._reason = reply.reason
            self._wake()
            if self._next(held) is None:
                return reply
            self._again.append(reply.utterance)
            return None

    def _forget(self, utterance: int) -> None:
        with self._lock:
            self._held.pop(utterance, None)
            self._changed.notify_all()

    def _wake(self) -> None:
        self._look = True
        self._changed.notify_all()

    # --- the thread ---

    def _run(self) -> None:
        while True:
            with self._lock:
                self._changed.wait_for(lambda: self._closing or self._again or self._look)
                if self._closing:
                    return
                utterance = self._again.popleft() if self._again else None
                self._look = False
            self._settle()
            if utterance is not None:
                self._ask_again(utterance)

    def _settle(self) -> None:
        """Let the one serve that should, and close a smaller model that nobody needs."""
        celsius = self._celsius() if self._limit_c else None
        untold, self._untold = self._untold, None
        if untold is not None:
            with self._saying:
                self._on_reply(untold)
        with self._lock:
            self._strain = strain.felt(self._strain, celsius, self._limit_c, self._clock())
        wanted = self._wanted()
        while not self._have(wanted):
            after = self._wanted()
            if after is wanted:
                break
            wanted = after
        with self._lock:
            before = self._serving
            if wanted.recognizer is not None:
                self._serving = wanted
            spare = [rung.recognizer for rung in self._rungs if self._idle(rung)]
            for rung in self._rungs:
                rung.recognizer = None if self._idle(rung) else rung.recognizer
        if self._serving is not before:
            self._tell(before, self._serving)
        for recognizer in spare:
            if recognizer is not None:
                recognizer.close()

    def _tell(self, before: Rung, now: Rung) -> None:
        """Say, once, that another one is asked from now on."""
        worse = self._rungs.index(now) > self._rungs.index(before)
        if self._strain.small == (now.kind == "smaller") and "smaller" in (before.kind, now.kind):
            reason = self._strain.why
        else:
            reason = self._reason if worse else f"{now.name} is asked again, after a pause"
        with self._saying:
            self._on_reply(Switched(before.name, now.name, reason, worse))

    def _ask_again(self, utterance: int) -> None:
        """Give an utterance to the next that has not lost it yet."""
        while True:
            with self._lock:
                held = self._held.get(utterance)
                rung = None if held is None else self._next(held)
            if held is None:
                return
            if rung is None:
                self._hear_nobody(utterance)
                return
            if self._have(rung):
                break
            held.tried.append(rung)
        recognizer = rung.recognizer
        assert recognizer is not None  # it was opened
        with self._lock:
            held.rung, held.live = rung, False
        recognizer.start(utterance, held.options)
        told = 0
        while True:
            with self._lock:
                if self._held.get(utterance) is not held or held.rung is not rung:
                    break  # cancelled, or lost again
                rest = held.pieces[told:]
                if not rest:
                    held.live = True
                    if held.finished_at is None:
                        return
                    break
            for piece in rest:
                recognizer.accept(utterance, piece)
            told += len(rest)
        if held.live:
            recognizer.finish(utterance)
        else:
            recognizer.cancel(utterance)

    def _hear_nobody(self, utterance: int) -> None:
        with self._saying:
            with self._lock:
                if utterance not in self._held:
                    return
            self._on_reply(Lost(utterance, self._reason))
            self._forget(utterance)

    def _have(self, rung: Rung) -> bool:
        """Open one that is not open; False if it cannot be. The reason is logged."""
        if rung.recognizer is not None:
            return True
        try:
            recognizer = rung.open(lambda reply: self._hear(rung, reply))
        except EdgedError as exc:
            log.warning("recognize: %s cannot be asked: %s", rung.name, exc)
            with self._lock:
                self._pass_over(rung, exc)
            return False
        with self._lock:
            rung.recognizer = recognizer
        return True

    def _wanted(self) -> Rung:
        """Return who should be asked now."""
        with self._lock:
            now = self._clock()
            able = [rung for rung in self._rungs if rung.may(now)] or [self._serving]
            if self._strain.small:
                able = [rung for rung in able if rung.kind == "smaller"] or able
            return able[0]

    def _next(self, held: Held) -> Rung | None:
        """Return who is asked about an utterance next: later ones first, then those before."""
        last = held.tried[-1] if held.tried else self._serving
        place = self._rungs.index(last)
        order = (*self._rungs[place + 1 :], *self._rungs[:place])
        now = self._clock()
        return next((rung for rung in order if rung not in held.tried and rung.may(now)), None)

    def _idle(self, rung: Rung) -> bool:
        """True for a smaller model that takes memory and is not asked."""
        used = rung is self._serving or any(held.rung is rung for held in self._held.values())
        return rung.kind == "smaller" and not used

    def _pass_over(self, rung: Rung, exc: EdgedError) -> None:
        rung.give_up(self._clock())
        if isinstance(exc, Hopeless):
            rung.due = math.inf
        self._reason = exc.reason if isinstance(exc, ProviderError) else str(exc)

    def _first(self) -> Rung:
        """Open the first that can serve, and say what could not."""
        self._reason = ""
        before: Rung | None = None
        for rung in self._rungs:
            try:
                rung.recognizer = rung.open(lambda reply, rung=rung: self._hear(rung, reply))
            except EdgedError as exc:
                if rung.kind != "accelerated":
                    raise
                self._pass_over(rung, exc)
                before = rung
                continue
            if before is not None:
                log.warning("recognize: %s instead of %s: %s", rung.name, before.name, self._reason)
                self._untold = Switched(before.name, rung.name, self._reason, worse=True)
            return rung
        raise AssertionError("a chain of nothing but accelerators")

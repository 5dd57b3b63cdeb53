"""Several recognizers as one: what one loses, the next one answers, while its sound is still held.

A thread of its own opens and closes them and asks again, since a model takes its time to load.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from edged.errors import StageStalled
from edged.stages.recognize.held import Held
from edged.stages.recognize.ladder import Ladder
from edged.stages.recognize.opening import Opening
from edged.stages.recognize.recognizer import (
    Capabilities,
    Final,
    Lost,
    OnReply,
    Options,
    Pcm,
    Reply,
    Restarted,
    Switched,
)
from edged.stages.recognize.rung import Rung

log = logging.getLogger(__name__)

CLOSE_S = 8.0
"""Seconds for the thread to end: a model that loads is waited for."""


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
        self._ladder = Ladder(rungs, hurried, smaller_above_c)
        self._on_reply = on_reply
        self._celsius = celsius if smaller_above_c else None
        self._clock = clock
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._saying = threading.RLock()  # so that nothing is said of an utterance after cancel returned
        self._held: dict[int, Held] = {}
        self._again: deque[int] = deque()  # each held utterance at most once
        self._look = False
        self._closing = False
        self._opening = Opening(self._ladder, self._lock, clock, self._hear)
        self._untold = self._opening.first()  # nobody listens before the first utterance
        self._thread = threading.Thread(target=self._run, name="recognizers")
        self._thread.start()

    @property
    def capabilities(self) -> Capabilities:
        """Of the one that is asked now."""
        recognizer = self._ladder.serving.recognizer
        assert recognizer is not None  # who serves is open
        return recognizer.capabilities

    @property
    def serving(self) -> str:
        """Name of the one that is asked now."""
        return self._ladder.serving.name

    def start(self, utterance: int, options: Options) -> None:
        with self._lock:
            if self._closing or utterance in self._held:
                return
            recognizer = self._ladder.serving.recognizer
            self._held[utterance] = Held(options, self._ladder.serving)
            self._wake()
        assert recognizer is not None  # who serves is open
        recognizer.start(utterance, options)

    def accept(self, utterance: int, pcm: Pcm) -> None:
        with self._lock:
            held = self._held.get(utterance)
            if held is None or held.finished_at is not None:
                return
            held.keep(pcm)
            recognizer = held.hearer
        if recognizer is not None:
            recognizer.accept(utterance, pcm)

    def finish(self, utterance: int) -> None:
        with self._lock:
            held = self._held.get(utterance)
            if held is None or held.finished_at is not None:
                return
            held.finished_at = self._clock()
            recognizer = held.hearer
        if recognizer is not None:
            recognizer.finish(utterance)

    def cancel(self, utterance: int) -> None:
        with self._lock:
            held = self._held.pop(utterance, None)
            recognizer = held.recognizer if held is not None else None
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
        for rung in self._ladder.rungs:
            recognizer, rung.recognizer = rung.recognizer, None
            if recognizer is not None:
                recognizer.close()

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
            now = self._clock()
            waited_s = now - held.finished_at if held.finished_at is not None else 0.0
            self._ladder.answered(rung, reply.audio_s, max(waited_s, reply.cpu_s), now)
            self._wake()
            return replace(reply, ran=rung.recognizer.capabilities)

    def _lost(self, rung: Rung, reply: Lost) -> Lost | None:
        """Have the next one answer; what to say where there is none."""
        with self._lock:
            held = self._held.get(reply.utterance)
            if held is None or held.rung is not rung:
                return None
            now = self._clock()
            held.lose(rung)
            if self._ladder.lost(rung, reply, now):
                log.warning("recognize: %s is not asked for a while: %s", rung.name, reply.reason)
            self._wake()
            if self._ladder.next(held.tried, now) is None:
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
        celsius = self._celsius() if self._celsius is not None else None
        untold, self._untold = self._untold, None
        if untold is not None:
            with self._saying:
                self._on_reply(untold)
        with self._lock:
            self._ladder.felt(celsius, self._clock())
        wanted = self._opening.wanted()
        with self._lock:
            change = self._ladder.serve(wanted) if wanted.recognizer is not None else None
            idle = self._opening.give_up([held.rung for held in self._held.values()])
        if change is not None:
            with self._saying:
                self._on_reply(change)
        for recognizer in idle:
            recognizer.close()

    def _ask_again(self, utterance: int) -> None:
        """Give an utterance to the next that has not lost it yet."""
        while True:
            with self._lock:
                held = self._held.get(utterance)
                rung = None if held is None else self._ladder.next(held.tried, self._clock())
            if held is None:
                return
            if rung is None:
                self._hear_nobody(utterance)
                return
            if self._opening.have(rung):
                break
            held.tried.append(rung)
        recognizer = rung.recognizer
        assert recognizer is not None  # it was opened
        with self._lock:
            held.give(rung)
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
            self._on_reply(Lost(utterance, self._ladder.reason))
            self._forget(utterance)

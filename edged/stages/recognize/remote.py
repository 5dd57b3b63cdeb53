"""The last link: a Wyoming speech-to-text server on another machine, asked about whole utterances in turn."""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from edged.errors import StageStalled
from edged.geometry import SAMPLE_RATE
from edged.messages import Transcript
from edged.stages.recognize.backlog import DEPTH
from edged.stages.recognize.exchange import Address, Exchange, Nonsense
from edged.stages.recognize.recognizer import Capabilities, Final, Lost, OnReply, Options, Pcm, Reply
from edged.stages.recognize.samples import MAX_SAMPLES
from edged.stages.recognize.speaking import lacking

log = logging.getLogger(__name__)

ANSWER_S = 30.0
"""Seconds for a text, sending its sound included."""

CLOSE_S = 4.0
"""Seconds for the thread to end: it may be in the middle of connecting."""


@dataclass(slots=True, eq=False)
class Spoken:
    """An utterance without its text."""

    number: int
    language: str
    pcm: bytearray = field(default_factory=bytearray)
    finished: bool = False


class WyomingRecognizer:
    """A Recognizer on another machine. Nothing is connected before the first utterance has ended."""

    def __init__(
        self,
        where: Address,
        languages: Sequence[str],
        on_reply: OnReply,
        depth: int = DEPTH,
        answer_s: float = ANSWER_S,
    ) -> None:
        """Prepare.

        Args:
            where: the server.
            languages: it must speak all of these, or its texts are not taken.
            on_reply: called from a thread of its own.
            depth: utterances that may be open or wait for their text; one more is lost as `busy`.
            answer_s: seconds for a text.
        """
        self._where = where
        self._languages = tuple(languages)
        self._on_reply = on_reply
        self._depth = depth
        self._answer_s = answer_s
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._saying = threading.RLock()  # so that nothing is said of an utterance after cancel returned
        self._spoken: dict[int, Spoken] = {}
        self._queue: deque[Spoken] = deque()  # at most `depth`, those that have ended
        self._refused: deque[int] = deque()
        self._exchange: Exchange | None = None
        self._model: str | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="remote recognizer")
        self._thread.start()

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            model=self._model or "remote",
            family="wyoming",
            mode="offline",
            words=False,
            languages=self._languages,
            provider="wyoming",
            device=str(self._where),
        )

    def start(self, utterance: int, options: Options) -> None:
        with self._lock:
            if self._closing or utterance in self._spoken:
                return
            only = self._languages[0] if len(self._languages) == 1 else ""
            if len(self._spoken) >= self._depth:
                self._refused.append(utterance)
                self._changed.notify_all()
                return
            self._spoken[utterance] = Spoken(utterance, options.language or only)

    def accept(self, utterance: int, pcm: Pcm) -> None:
        with self._lock:
            spoken = self._spoken.get(utterance)
            if spoken is not None and not spoken.finished:
                fits = pcm[: MAX_SAMPLES - len(spoken.pcm) // 2]
                spoken.pcm += fits.astype("<i2", copy=False).tobytes()

    def finish(self, utterance: int) -> None:
        with self._lock:
            spoken = self._spoken.get(utterance)
            if spoken is not None and not spoken.finished:
                spoken.finished = True
                self._queue.append(spoken)
                self._changed.notify_all()

    def cancel(self, utterance: int) -> None:
        with self._lock:
            spoken = self._spoken.pop(utterance, None)
            if spoken is not None and spoken in self._queue:
                self._queue.remove(spoken)
            self._changed.notify_all()
        with self._saying:
            return

    def drain(self, timeout_s: float) -> bool:
        with self._lock:
            return self._changed.wait_for(
                lambda: not any(spoken.finished for spoken in self._spoken.values()), timeout_s
            )

    def close(self) -> None:
        """End the thread and the connection; utterances without an answer are forgotten.

        Raises:
            StageStalled: the thread did not end in 4 s.
        """
        with self._lock:
            self._closing = True
            self._spoken.clear()
            self._queue.clear()
            self._changed.notify_all()
            if self._exchange is not None:
                self._exchange.abandon()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            raise StageStalled(f"remote recognizer: its thread did not end within {CLOSE_S:g} s")

    def _run(self) -> None:
        while True:
            with self._lock:
                self._changed.wait_for(lambda: self._closing or self._queue or self._refused)
                if self._closing:
                    return
                refused = self._refused.popleft() if self._refused else None
                spoken = self._queue.popleft() if refused is None else None
            if spoken is not None:
                self._say(spoken, self._answer(spoken))
            elif refused is not None:
                why = f"remote recognizer is {self._depth} utterances behind"
                with self._saying:
                    self._on_reply(Lost(refused, why, "busy"))

    def _answer(self, spoken: Spoken) -> Reply:
        audio_s = len(spoken.pcm) / 2 / SAMPLE_RATE
        try:
            text = self._ask(spoken)
        except (OSError, Nonsense) as exc:
            self._model = None  # it may be another server by the next time
            failed = (exc.strerror or str(exc) or "no answer").lower() if isinstance(exc, OSError) else ""
            said = failed or str(exc)
            return Lost(spoken.number, f"remote recognizer {self._where}: {said}", "remote")
        # what it cost was spent on another machine
        return Final(spoken.number, Transcript(text), cpu_s=0.0, audio_s=audio_s, ran=self.capabilities)

    def _ask(self, spoken: Spoken) -> str:
        exchange = Exchange(self._where)
        with self._lock:
            self._exchange = exchange
            if self._closing:
                exchange.abandon()
        try:
            if self._model is None:
                self._model = self._chosen(exchange.models())
            return exchange.text(bytes(spoken.pcm), self._model, spoken.language, self._answer_s)
        finally:
            with self._lock:
                self._exchange = None
            exchange.close()

    def _chosen(self, models: dict[str, tuple[str, ...]]) -> str:
        """Return the first model that speaks what is spoken here: another language is no stand-in."""
        for name, languages in models.items():
            if not lacking(self._languages, languages):
                return name
        known = ", ".join(f"{name} ({', '.join(spoken)})" for name, spoken in models.items()) or "no model"
        raise Nonsense(f"has {known[:300]}: none of them speaks all of {', '.join(self._languages)}")

    def _say(self, spoken: Spoken, reply: Reply) -> None:
        with self._saying:
            with self._lock:
                if self._spoken.get(spoken.number) is not spoken:
                    return
            try:
                self._on_reply(reply)
            except Exception:  # a listener's fault must not end the thread
                log.exception("remote recognizer: the listener failed at %r", type(reply).__name__)
            with self._lock:
                self._spoken.pop(spoken.number, None)
                self._changed.notify_all()

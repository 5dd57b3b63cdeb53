"""What a process for recordings does with one: cut, recognize, tell each passage. No socket here."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edged.config.schema import Config
from edged.errors import AudioInputError, EdgedError, ModelError, ProviderUnavailable, UnsupportedAudio
from edged.geometry import SAMPLE_RATE
from edged.messages import Frame
from edged.runtime.jobs import wire
from edged.runtime.jobs.job import Kind
from edged.runtime.kit import open_recognizer, open_vad
from edged.runtime.models import ModelsInUse
from edged.runtime.recognizers import stand_ins
from edged.runtime.transcribe.crew import Crew
from edged.runtime.transcribe.document import Document
from edged.runtime.transcribe.listing import Item
from edged.runtime.transcribe.manner import manner
from edged.runtime.transcribe.passage import Passage
from edged.runtime.transcribe.transcriber import Transcriber
from edged.runtime.writing import writing
from edged.stages.audio.container import open_recording
from edged.stages.audio.intake import Intake
from edged.stages.audio.recording import Recording
from edged.stages.audio.source import Recorded
from edged.stages.recognize.recognizer import OnReply, Recognizer
from edged.telemetry.memory import peak_bytes

log = logging.getLogger(__name__)

ALIVE_S = 1.0
"""Seconds between two signs of life."""

PATIENCE = 6.0
"""Times as long as the microphone's recognizer its own may take: it runs when nothing else wants to."""

NOBODY = "the recording"
"""What a recording without a name is called."""


class Cancelled(Exception):
    """Nobody wants the text any more."""


@dataclass
class Progress:
    """Of the job at hand; asked again and again by the thread that works."""

    number: int
    say: Callable[[wire.ToPool], object]
    cancelled: Callable[[int], bool]
    samples: int = 0
    expected_s: float = 0.0
    said: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Give a sign of life if it is time for one.

        Raises:
            Cancelled: the pool said so.
        """
        if self.cancelled(self.number):
            raise Cancelled
        now = time.monotonic()
        if now - self.said >= ALIVE_S:
            self.tell()

    def tell(self) -> None:
        """Give a sign of life."""
        self.said = time.monotonic()
        self.say(wire.Alive(self.number, self.samples / SAMPLE_RATE, self.expected_s))


@dataclass
class Watched:
    """A recording that tells how far it was read, and ends where it becomes too long."""

    source: Recorded
    progress: Progress
    longest_s: float
    name: str = "wav"
    live: bool = False
    xruns: int = 0

    @property
    def rate(self) -> int:
        return self.source.rate

    @property
    def expected_s(self) -> float:
        return self.source.expected_s

    def read(self) -> Frame | None:
        self.progress.look()
        frame = self.source.read()
        if frame is not None:
            self.progress.samples += len(frame.pcm)
            if self.progress.samples > self.longest_s * SAMPLE_RATE:
                raise AudioInputError(f"{NOBODY}: longer than {self.longest_s:g} s, the most that is taken")
        return frame

    def interrupt(self) -> None:
        self.source.interrupt()

    def close(self) -> None:
        self.source.close()


@dataclass
class Kept:
    """Takes the one document of a job."""

    document: Document | None = None

    def journal(self, item: Item) -> None:
        """Nothing is kept: whoever waits for the text asks again."""

    def write(self, item: Item, document: Document) -> None:
        self.document = document

    def failed(self, item: Item, reason: str) -> None:
        """The sentence is told by whoever complains."""

    def end(self) -> None:
        """One document is all."""


class Desk:
    """Models of a configuration, opened once, for one recording after the other."""

    def __init__(self, config: Config) -> None:
        """Open what cuts; the recognizer is started by the first job.

        Raises:
            ConfigError: the file of hotwords cannot be read.
            ModelError: a model is missing, damaged, or its licence was not accepted.
            ProviderError: onnxruntime cannot serve.
        """
        models = ModelsInUse(config.models.dir, config.models.accept_licences)
        recognizer = models.get(config.recognize.model, "recognizer")
        texts, beside = writing(config.recognize, models), stand_ins(config.recognize, models, recognizer)
        self._manner = manner(config, recognizer, models, texts)
        self._vad = open_vad(config, models)
        self._progress: Progress | None = None

        inherited = config.recognize.model_copy(update={"nice": 0})  # this process has it already

        def open_one(on_reply: OnReply) -> Recognizer:
            return open_recognizer(
                recognizer,
                inherited,
                on_reply,
                writing=texts,
                patience=PATIENCE,
                beside=beside,
                hurried=False,
            )

        self._crew = Crew(open_one, 1, look=self._look)

    def work(self, order: wire.Order, progress: Progress) -> wire.ToPool:
        """Recognize one recording, telling passages and signs of life; return the last word on it.

        Raises:
            Cancelled: nobody wants it any more; call `forget`.
        """
        self._progress = progress
        progress.tell()
        kind: Kind = "audio"

        def opened(path: Path, intake: Intake) -> Recorded:
            nonlocal kind
            try:
                source = Recording(path, intake, order.raw) if order.raw else open_recording(path, intake)
            except UnsupportedAudio:
                kind = "unsupported"
                raise
            progress.expected_s = source.expected_s
            return Watched(source, progress, order.longest_s)

        def heard(passage: Passage) -> None:
            if passage.text:
                progress.say(wire.Heard(order.number, passage))

        said: list[str] = []
        kept = Kept()
        transcriber = Transcriber(
            self._manner,
            self._vad,
            self._crew,
            1,
            kept,
            said.append,
            lambda done: None,
            order.options,
            heard,
            opened,
        )
        path = Path(order.path)
        try:
            transcriber.run([Item(order.name or NOBODY, path)])
        except (ModelError, ProviderUnavailable) as exc:
            return wire.Failed(order.number, "model", str(exc))
        except EdgedError as exc:
            log.warning("job %d: %s", order.number, exc)
            return wire.Failed(order.number, "internal", _named(str(exc), order))
        finally:
            self._progress = None
        document = kept.document
        if document is None:
            return wire.Failed(order.number, kind, _named(said[0], order))
        if said and not document.passages:
            return wire.Failed(order.number, "internal", _named(said[0], order))
        metrics = {**document.metrics, "peak_memory_mb": round(peak_bytes() / 1e6, 1)}
        return wire.Done(order.number, document.samples, document.model, json.dumps(metrics), document.notes)

    def forget(self) -> None:
        """Wait until nothing of a cancelled job is under way any more."""
        self._crew.forget()

    def close(self) -> None:
        """End the recognizer."""
        self._crew.close()
        self._vad.close()

    def _look(self) -> None:
        if self._progress is not None:
            self._progress.look()


def _named(sentence: str, order: wire.Order) -> str:
    """Return a sentence that calls the recording by its name: where it lies is nobody's business."""
    return sentence.replace(order.path, order.name or NOBODY).replace(NOBODY, order.name or NOBODY)

"""A recording to its text, by the same process and the same protocol as the daemon's commands."""

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from edged.api.settings import settled
from edged.api.sound import Samples, sound
from edged.catalog.manifest import Model
from edged.config.schema import Config
from edged.errors import ConfigError, EdgedError, RecognizerDied
from edged.geometry import RING_SECONDS, SAMPLE_RATE
from edged.messages import Body, Final, Lost, Metrics, Word
from edged.runtime.commands import PATIENCE_S, Commands
from edged.runtime.kit import open_recognizer
from edged.runtime.models import ModelsInUse
from edged.runtime.recognizers import stand_ins
from edged.runtime.timing import StageTimes
from edged.runtime.writing import writing
from edged.stages.recognize.hotwords import parse
from edged.stages.recognize.languages import choose
from edged.stages.recognize.recognizer import Options


@dataclass(frozen=True, slots=True)
class Result:
    """What was understood of one recording, and what that cost."""

    text: str
    words: tuple[Word, ...]
    """With seconds from the first sample; none where the model has no times."""
    metrics: Metrics
    confidence: float | None = None
    """0..1, how sure the model was of all of it; None where the model has none."""
    notes: tuple[str, ...] = ()
    """Sentences on what was asked for and not done, e.g. hotwords of a model that takes none."""


class Engine:
    """A recognizer without wake words. May be used by several threads; they take turns.

    >>> import edged, soundfile
    >>> pcm, rate = soundfile.read("demo/hey-jarvis-turn-on-the-kitchen-light.wav", dtype="int16")
    >>> with edged.Engine("demo/edged.toml") as engine:
    ...     result = engine.transcribe(pcm[61_722:], rate)
    >>> result.text, result.metrics.backend
    ('turn on the kitchen light', 'cpu')
    """

    def __init__(self, config: str | os.PathLike[str] | None = None, **settings: object) -> None:
        """Read the configuration; nothing is opened before `setup`.

        Args:
            config: a TOML file; None for /etc/edged/edged.toml, or the defaults where that does not exist.
            **settings: any key of the configuration as `section__key`: `recognize__model="selftest"`.

        Raises:
            ConfigError: the configuration is wrong, or switches the recognizer off.
        """
        self._config: Config = settled(config, settings)
        if not self._config.recognize.enabled:
            raise ConfigError("[recognize] enabled = false: there is no recognizer to ask")
        self._lock = threading.RLock()
        self._opened = contextlib.ExitStack()
        self._open: tuple[Model, Commands] | None = None
        self._closed = False
        self._said: list[Body] = []

    def setup(self) -> None:
        """Find and verify the model and start its process; `transcribe` does it where it was not done.

        Raises:
            ConfigError: the file of hotwords cannot be read.
            ModelError: the model is missing, damaged, or its licence was not accepted; or it does not speak
                the language of the configuration.
            ProviderUnavailable: sherpa-onnx is not installed.
            RecognizerDied: the process ended while it loaded.
        """
        with self._lock:
            if self._closed:
                raise EdgedError("this Engine is closed: open another")
            if self._open is None:
                self._open = self._start()

    def transcribe(
        self,
        audio: str | Path | Samples,
        rate: int = SAMPLE_RATE,
        language: str | None = None,
        *,
        hotwords: object = None,
        itn: bool | None = None,
        punctuate: bool | None = None,
    ) -> Result:
        """Return the text of a recording of at most 30 s: longer ones are to be cut at pauses.

        Args:
            audio: the path of a wav, flac, ogg or mp3 file, or an array of shape (n,) or (n, channels),
                int16 or floats of full scale 1.0.
            rate: samples per second of an array; a file knows its own.
            language: refused unless the model speaks it; None for the configuration's, or whatever it speaks.
            hotwords: phrases to prefer beside the configuration's: `{"kitchen light": 30}`, a list, or text
                as FunASR's clients send it.
            itn: write numbers as people do; None: as the configuration says.
            punctuate: add punctuation; None: as the configuration says.

        Raises:
            AudioInputError: no such sound, or a longer one.
            ModelError: as `setup`; or the model does not speak that language.
            RecognizerDied: there is no text, and why; the next recording has a new process.
        """
        pcm = sound(audio, rate, RING_SECONDS)
        with self._lock:
            self.setup()
            assert self._open is not None
            model, commands = self._open
            asked = parse(hotwords)
            chosen = choose(language or "", model.languages, model.name)
            self._said.clear()
            commands.announce()
            commands.open(0, 0, Options(False, asked.hotwords, chosen, itn, punctuate))
            commands.accept(pcm)
            commands.end("end_of_stream", len(pcm))
            commands.finish(PATIENCE_S)
            for body in self._said:
                if isinstance(body, Final):
                    notes = asked.problems + body.notes
                    return Result(body.text, body.words, body.metrics, body.confidence, notes)
            raise RecognizerDied(next(body.reason for body in self._said if isinstance(body, Lost)))

    def close(self) -> None:
        """End the recognizer's process; closing twice is allowed."""
        with self._lock:
            self._closed, self._open = True, None
            self._opened.close()

    def __enter__(self) -> Self:
        self.setup()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> tuple[Model, Commands]:
        asked = self._config.recognize
        models = ModelsInUse(self._config.models.dir, self._config.models.accept_licences)
        model = models.get(asked.model, "recognizer")
        commands = Commands("engine", self._emit, StageTimes())
        texts, beside = writing(asked, models), stand_ins(asked, models, model)
        recognizer = open_recognizer(model, asked, commands.replied, writing=texts, beside=beside)
        self._opened.callback(recognizer.close)
        commands.attach(recognizer)
        return model, commands

    def _emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        self._said.append(body)

"""A session of listening: everything opened once, recordings or a microphone heard, the record kept."""

import hashlib
import math
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from edged.calibrate import record as records
from edged.calibrate.listener import Listener
from edged.calibrate.wakes import at_threshold, wakes
from edged.catalog.verify import sha256_of
from edged.config.schema import Config
from edged.geometry import SAMPLE_RATE
from edged.messages import Body, Device
from edged.runtime.cleaning import Cleaning
from edged.runtime.errand import Errand
from edged.runtime.inlet import Inlet, Inside, open_inlet
from edged.runtime.kit import Scorers, open_scorers, open_vad
from edged.runtime.models import ModelsInUse
from edged.runtime.scorer import Scorer
from edged.runtime.tally import Sound
from edged.runtime.words import Wake, model_name, wake
from edged.stages.audio.framer import Framer
from edged.stages.audio.intake import Intake
from edged.stages.audio.recording import Recording, read_all

SAVE_S = 60.0
"""Seconds of sound between two times that the record is kept: what a power cut may cost."""


LOOK_S = 0.2
"""Seconds between two looks whether somebody said stop."""

CLOSE_S = 3.0
"""Seconds that a source gets to end."""


class Session:
    """Used by one thread; `close` gives models back."""

    def __init__(self, config: Config, file: Path, *, fresh: bool = False) -> None:
        """Open the models and what was heard so far.

        Args:
            config: models, words and rules.
            file: of the record.
            fresh: forget what was heard so far.

        Raises:
            ConfigError: the record is damaged, or of other models or rules.
            ModelError: a model is missing, damaged, or its licence was not accepted.
            ProviderUnavailable: a named backend cannot serve.
        """
        self._config = config
        self._file = file
        self.record = records.Record() if fresh else records.read(file)
        models = ModelsInUse(config.models.dir, config.models.accept_licences)
        names = [model_name(word) for word in config.heads.word]
        self._scorers: Scorers = open_scorers(config, names, models, background=False)
        try:
            self.words = tuple(self._word(index) for index in range(len(config.heads.word)))
            gated = any(each.rule.vad_threshold > 0 for each, _ in self.words)
            self._vad = open_vad(config, models) if gated else None
            self._listener = Listener(config, self._scorers, self.words, self._vad)
        except BaseException:
            self._scorers.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._vad is not None:
            self._vad.close()
        self._scorers.close()

    @property
    def heard_s(self) -> float:
        """Seconds that were heard in this session."""
        return self._listener.heard_s

    def keep(self) -> None:
        """Write the record.

        Raises:
            OverlayError: it cannot be written.
        """
        records.write(self.record, self._file)

    def hear_files(self, files: Sequence[Path], stopped: Callable[[], bool]) -> list[Path]:
        """Hear recordings; return those that were heard before and count once.

        Raises:
            AudioInputError: one cannot be read; what came before it is kept.
        """
        known: list[Path] = []
        for file in files:
            if stopped():
                break
            digest = sha256_of(file) if file.is_file() else ""
            if digest in self.record.files:
                known.append(file)
                continue
            self._hear_file(file)
            self.record.files.append(digest)
            self.keep()
        return known

    def _hear_file(self, file: Path) -> None:
        audio = self._config.audio
        recording = Recording(file, Intake(channel=audio.channel, gain_db=audio.gain_db))
        end = 0.0

        def when(ago_s: float) -> str:
            return f"{file.name} {max(0.0, end - ago_s):.1f} s"

        try:
            while (frame := recording.read()) is not None:
                end = (frame.start + len(frame.pcm)) / SAMPLE_RATE
                self._listener.feed(frame, when)
        finally:
            self._listener.cut(when)
            recording.close()

    def hear_source(
        self,
        hours: float,
        stopped: Callable[[], bool],
        told: Callable[[str], object],
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """Hear the configured source until it ends, enough was heard, or somebody says stop.

        Args:
            hours: of sound.
            stopped: says stop.
            told: hears of a microphone that went or came back, and how far it is.
            now: tells the time of day.

        Raises:
            EdgedError: the source cannot be opened, or the record cannot be kept.
        """
        over = threading.Event()

        def when(ago_s: float) -> str:
            return (now() - timedelta(seconds=ago_s)).isoformat(" ", "seconds")

        def emit(_sample: int, body: Body) -> None:
            if isinstance(body, Device):
                told(f"{body.name}: {body.state}: {body.reason}")

        inside = Inside(
            Sound(),
            put=lambda frame, _arrived: self._listener.feed(frame, when),
            emit=emit,
            in_command=lambda: False,
            wait=over.wait,
        )
        inlet = open_inlet(self._config, True, inside)
        until = self.heard_s + hours * 3600
        # on a thread of its own: a pipe that nobody writes into keeps whoever reads it
        errand = Errand("listener", lambda: self._listen(inlet, until, over, told), math.inf)
        try:
            while not errand.done.wait(LOOK_S):
                if stopped():
                    break
        finally:
            over.set()
            inlet.interrupt()
            errand.done.wait(CLOSE_S)
            inlet.close()
            self._listener.cut(when)
            self.keep()
        errand.result()

    def _listen(
        self, inlet: Inlet, until_s: float, over: threading.Event, told: Callable[[str], object]
    ) -> None:
        saved = self.heard_s
        while not over.is_set() and self.heard_s < until_s and inlet.step():
            if self.heard_s - saved >= SAVE_S:
                self.keep()
                if int(self.heard_s / 3600) > int(saved / 3600):
                    told(f"{self.heard_s / 3600:.1f} h heard")
                saved = self.heard_s

    def recall(self, word: str, files: Sequence[Path], threshold: float) -> int:
        """Return how many recordings of a word wake at a threshold, each from a fresh start, ungated.

        Raises:
            AudioInputError: one cannot be read.
        """
        found = next(each for each, _ in self.words if each.rule.word == word)
        rule = at_threshold(found.rule, threshold)
        audio = self._config.audio
        heard = 0
        for file in files:
            scorer = Scorer(self._scorers.features, self._scorers.heads, self._scorers.before)
            cleaning = Cleaning(self._config.denoise.path)
            pcm = read_all(file, max_s=60.0, intake=Intake(channel=audio.channel, gain_db=audio.gain_db))
            rows = (row for hop in Framer().push(pcm) for row in scorer.push(cleaning.hop(hop)))
            heard += wakes((float(row[found.column]) for row in rows), rule) > 0
        return heard

    def _word(self, index: int) -> tuple[Wake, records.Heard]:
        word = self._config.heads.word[index]
        model = self._scorers.models[model_name(word)]
        found = wake(word, self._config.heads, model, self._scorers.heads.columns)
        rule = found.rule
        said = [sha256_of(model.files["model"].path), word.output, rule.patience, rule.patience_window]
        said += [rule.refractory, rule.vad_threshold, self._config.denoise.path in ("wake", "both")]
        identity = hashlib.sha256(repr(said).encode()).hexdigest()
        return found, self.record.word(word.name, identity, self._file)

"""What the daemon's own ear decides about recordings, and would decide at other thresholds.

Nothing of it is made anew: sound goes through `runtime/ear`, with every gate as configured, commands opened
and ended, and only no recognizer behind it. At other thresholds the same ear is given the scores that were
kept, so that features are computed once.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from edged.backends.backend import Pcm
from edged.bench.kept import GivenHeads, KeptHeads, NoFeatures, Row
from edged.config.schema import Config, Denoise
from edged.geometry import DITHER_RMS, HOP, QUIET_HOPS, SAMPLE_RATE
from edged.messages import Activation, Body, Frame, Suppressed
from edged.runtime.chains import Chains
from edged.runtime.commands import Commands
from edged.runtime.ear import Ear
from edged.runtime.kit import Kit, Scorers
from edged.runtime.timing import StageTimes
from edged.runtime.words import Wake
from edged.stages.audio.intake import Intake
from edged.stages.audio.recording import Recording

STREAM = "bench"


@dataclass(slots=True)
class Decided:
    """What was decided about one recording."""

    samples: int = 0
    activations: list[tuple[int, str, float]] = field(default_factory=list[tuple[int, str, float]])
    """Sample after the hop, word, score."""
    held: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Word, and what held its rise back."""
    rows: list[Row] = field(default_factory=list[Row])
    """Scores by hop, one per column."""

    def peak(self, column: int) -> float:
        """Return the highest score that could have counted."""
        return max((row[column] for row in self.rows[QUIET_HOPS:]), default=0.0)


def pieces(file: Path, intake: Intake, quiet_s: float) -> Iterator[Pcm]:
    """Yield a recording hop by hop, with so many seconds of quiet noise before and after it.

    Raises:
        AudioInputError: it cannot be read.
    """
    recording = Recording(file, intake)
    noise = np.random.RandomState(0)  # frozen by numpy: the same every time
    quiet = round(quiet_s * SAMPLE_RATE)
    before, after = ((noise.standard_normal(quiet) * DITHER_RMS).astype(np.int16) for _ in range(2))
    try:
        yield from _cut(before)
        while (frame := recording.read()) is not None:
            yield frame.pcm
        yield from _cut(after)
    finally:
        recording.close()


def decide(kit: Kit, config: Config, sound: Iterable[Pcm]) -> Decided:
    """Hear a recording from a fresh start.

    kit: without a recognizer; its heads are kept here.
    """
    heads = KeptHeads(kit.scorers.heads)
    heads.keep = []
    listener = _Listener(replace(kit, scorers=replace(kit.scorers, heads=heads)), config)
    for pcm in sound:
        listener.feed(pcm)
    decided = listener.end()
    decided.rows = heads.keep
    return decided


def decide_at(
    thresholds: Sequence[float],
    wake: Wake,
    kit: Kit,
    config: Config,
    rows: Sequence[Row],
    sound: Iterable[Pcm],
) -> list[Decided]:
    """Return what one word alone would have done at each threshold, from kept scores and the same sound."""
    deaf = config.model_copy(update={"denoise": Denoise()})  # the scores are of cleaned sound already
    columns, windows = kit.scorers.heads.columns, kit.scorers.heads.windows
    listeners: list[_Listener] = []
    for threshold in thresholds:
        scorers = Scorers(
            NoFeatures(), GivenHeads(columns, windows, rows), kit.scorers.before, kit.scorers.models, Chains()
        )
        ruled = Wake(replace(wake.rule, threshold=threshold), wake.column)
        listeners.append(_Listener(replace(kit, scorers=scorers, wakes=(ruled,)), deaf))
    for pcm in sound:
        for listener in listeners:
            listener.feed(pcm)
    return [listener.end() for listener in listeners]


class _Listener:
    """One ear, and what it decided."""

    def __init__(self, kit: Kit, config: Config) -> None:
        self._decided = Decided()
        times = StageTimes()
        commands = Commands(STREAM, self._emit, times)
        self._ear = Ear(STREAM, kit, config, self._emit, commands, times)

    def feed(self, pcm: Pcm) -> None:
        self._ear.feed(Frame(self._decided.samples, pcm), time.perf_counter())
        self._decided.samples += len(pcm)

    def end(self) -> Decided:
        self._ear.end("end_of_stream")
        return self._decided

    def _emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        if isinstance(body, Activation):
            self._decided.activations.append((sample, body.word, body.score))
        elif isinstance(body, Suppressed):
            self._decided.held.append((body.word, body.reason))


def _cut(pcm: Pcm) -> Iterator[Pcm]:
    for at in range(0, len(pcm), HOP):
        yield pcm[at : at + HOP]

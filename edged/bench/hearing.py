"""One configuration that hears recordings in rounds, by the daemon's own ear and recognizer, and its cost.

Every recording is a stream of its own, heard as fast as it goes; its command's text is waited for before the
next begins. Sinks, servers and capture have no part in it.
"""

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from edged.backends.backend import Pcm
from edged.bench.kept import KeptHeads, Row
from edged.bench.memory import children, memory_mb
from edged.bench.recognizer import process_cpu_s
from edged.config.schema import Config
from edged.errors import RecognizerDied
from edged.geometry import HOP
from edged.messages import Activation, Body, Fallback, Final, Frame, Lost, Recovered, Restarted, Scores
from edged.runtime.commands import Commands
from edged.runtime.ear import Ear
from edged.runtime.kit import open_kit, open_recognizer
from edged.runtime.placement import Placement, pin, placement
from edged.runtime.telemetry import Telemetry
from edged.runtime.timing import StageTimes

ANSWER_S = 120.0
"""Seconds to wait for the text of one command."""

STREAM = "bench"


@dataclass(slots=True)
class Round:
    """What one round over all recordings cost; milliseconds of the wall clock where nothing else is said."""

    recordings_ms: list[float] = field(default_factory=list[float])
    """Of each recording, from its first sample to its last text."""
    stages_ms: dict[str, float] = field(default_factory=dict[str, float])
    """Per hop of each stage, mean, by `stage provider`: what ran, not what was asked for. `recognize` is the
    processor time per command."""
    cpu_s: float = 0.0
    """Processor seconds of this process and the recognizer's."""
    hops: int = 0
    late_hops: int = 0
    """Whose path took longer than the 80 ms that a hop lasts."""
    energy_j: float | None = None
    energy_source: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in one recording."""

    activations: list[tuple[str, int]]
    """Word and the sample of its decision."""
    texts: list[str]
    scores: list[Row]


class Hearing:
    """Models, backends and the recognizer of a configuration, opened once."""

    def __init__(self, config: Config) -> None:
        """Open everything; candidates of `auto` are tried now, before anything is measured.

        Raises:
            ModelError: a model is missing, damaged, or its licence was not accepted.
            ProviderError: a named backend cannot serve.
            RecognizerDied: the recognizer ended while it loaded.
        """
        where = placement(config) or Placement()
        if where.path:
            pin(0, where.path)  # before the models are opened: what they start runs there as well
        self._config = config
        self._times = StageTimes()
        self._said: list[tuple[int, Body]] = []
        self.fallbacks: list[str] = []
        with contextlib.ExitStack() as opening:
            kit = open_kit(config, background=False)
            opening.callback(kit.close)
            self._chains = kit.scorers.chains
            self._chains.work()
            self._heads = KeptHeads(kit.scorers.heads)
            self.kit = replace(kit, scorers=replace(kit.scorers, heads=self._heads))
            quiet = config.telemetry.model_copy(update={"metrics": "", "metrics_file": ""})
            self._telemetry = Telemetry(quiet, self._times)
            self._telemetry.start()
            opening.callback(self._telemetry.stop)
            self._commands = Commands(STREAM, self._emit, self._times, patient=True)
            self._recognizer = "none"
            if kit.recognizer is not None:
                recognizer = open_recognizer(
                    kit.recognizer, config.recognize, self._commands.replied, where.recognizer
                )
                opening.callback(recognizer.close)
                self._commands.attach(recognizer)
                self._recognizer = recognizer.capabilities.provider
            self._opened = opening.pop_all()
        self._rounds = 0

    def about(self) -> dict[str, Any]:
        """Return what runs: providers, devices, precisions, words, and why others do not."""
        features, heads = self.kit.scorers.features, self._heads
        return {
            "ran": {**asdict(self.kit.scorers.ran), "recognize": self._recognizer},
            "device": {"features": features.device, "heads": heads.device},
            "precision": {"features": features.precision, "heads": heads.precision},
            "recognizer": self.kit.recognizer.name if self.kit.recognizer else None,
            "words": [wake.rule.word for wake in self.kit.wakes],
            "columns": [wake.column for wake in self.kit.wakes],
            "verdicts": [asdict(verdict) for verdict in self.kit.verdicts()],
            "fallbacks": list(self.fallbacks),
        }

    def round(self, sounds: Sequence[Pcm], keep: bool = False) -> tuple[Round, list[Heard]]:
        """Hear every recording once; `keep` the scores as well.

        Raises:
            RecognizerDied: a text was lost or the process started again: no number would mean anything.
            ProviderFailed: the last backend of a stage failed.
        """
        meter, number = self._telemetry.meter, self._rounds + 1
        self._rounds = number
        before, cpu, others = self._totals(), time.process_time(), _children_s()
        meter.begin(-number)
        found = Round()
        heard: list[Heard] = []
        decoding: list[float] = []
        for pcm in sounds:
            begun = time.perf_counter()
            one, spent, late = self._hear(pcm, keep)
            found.recordings_ms.append(round((time.perf_counter() - begun) * 1e3, 3))
            heard.append(one)
            decoding += spent
            found.late_hops += late
        recognizer_s = _children_s() - others
        found.cpu_s = round(time.process_time() - cpu + recognizer_s, 5)
        cost = meter.end(-number, recognizer_s)
        if cost is not None:
            found.energy_j, found.energy_source = round(cost.joules, 4), cost.source
        for key, (hops, wall_s) in self._totals().items():
            new = hops - before.get(key, (0, 0.0))[0]
            if new:
                found.stages_ms[key] = round((wall_s - before.get(key, (0, 0.0))[1]) * 1e3 / new, 4)
            found.hops = max(found.hops, new)
        if decoding:
            found.stages_ms[f"recognize {self._recognizer}"] = round(sum(decoding) * 1e3 / len(decoding), 4)
        return found, heard

    def memory(self) -> dict[str, float]:
        """Return the peak of resident memory of this process and of the recognizer's, MiB."""
        mine = memory_mb(os.getpid())["peak_rss"]
        others = sum(memory_mb(child)["peak_rss"] for child in children(os.getpid()))
        return {"process": mine, "recognizer": round(others, 1), "together": round(mine + others, 1)}

    def close(self) -> None:
        """Give models, devices and processes back."""
        self._opened.close()

    def _hear(self, pcm: Pcm, keep: bool) -> tuple[Heard, list[float], int]:
        """Return what is heard in a recording, the processor seconds of each command, and the late hops."""
        self._said.clear()
        self._heads.keep = [] if keep else None
        ear = Ear(STREAM, self.kit, self._config, self._emit, self._commands, self._times)
        for at in range(0, len(pcm), HOP):
            ear.feed(Frame(at, pcm[at : at + HOP]), time.perf_counter())
        ear.end("end_of_stream")
        self._commands.finish(ANSWER_S)
        said, scores = list(self._said), self._heads.keep or []
        for _, body in said:
            if isinstance(body, Lost | Restarted):
                raise RecognizerDied(f"no measurement: {body.reason}")
        finals = [body for _, body in said if isinstance(body, Final)]
        activations = [(body.word, at) for at, body in said if isinstance(body, Activation)]
        texts = [final.text for final in finals]
        spent = [final.metrics.processing_time for final in finals]
        return Heard(activations, texts, scores), spent, ear.tally.late_hops

    def _emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        """Keep an event: of one recording, so it cannot grow for ever."""
        if isinstance(body, Fallback | Recovered):
            self.fallbacks.append(f"{body.stage}: {body.from_} to {body.to}: {body.reason}")
        elif not isinstance(body, Scores):
            self._said.append((sample, body))

    def _totals(self) -> dict[str, tuple[int, float]]:
        sums = self._times.totals().items()
        return {f"{stage} {provider}": (total.hops, total.wall_s) for (stage, provider), total in sums}


def _children_s() -> float:
    return sum(process_cpu_s(child) for child in children(os.getpid()))

"""The energy of what edged does: per stage, per hour of listening, per command.

By the model (`edged.telemetry.energy`): CPU seconds of each stage on each core, times what a busy core of
that kind takes at the clocks it ran at; of a command the path's since its activation and the recognizer's. In
it are the stages alone: not capture, sinks and the interpreter's other threads, nor an accelerator's own
work. By a sensor: what the whole board drew meanwhile, edged or not.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from edged.geometry import HOP_SECONDS
from edged.runtime.timing import StageTimes
from edged.telemetry import energy
from edged.telemetry.energy import Source
from edged.telemetry.sample import Sample

KEPT = 1024
"""Readings of the sensor that are kept: four minutes of a command at the pace of its readings."""

FORGOTTEN = 64
"""Commands that may be open at once; one that was never answered does not stay for ever."""

RECOGNIZER = "recognize"


@dataclass(frozen=True, slots=True)
class Cost:
    """Energy and where the number comes from."""

    joules: float
    source: Source


@dataclass(frozen=True, slots=True)
class _Begun:
    """A command as it began."""

    at: float
    cpu_s: Mapping[int, float]


class Meter:
    """Knows the watts of the moment and what was spent. Any thread may ask."""

    def __init__(self, times: StageTimes, clock: Callable[[], float] = time.monotonic) -> None:
        self._times = times
        self._clock = clock
        self._lock = threading.Lock()
        self._watts: Mapping[int, float] = {}
        self._recognizer_cpu: int | None = None
        self._seen: Mapping[str, Mapping[int, float]] = {}
        self._joules: dict[str, float] = {}
        self._readings: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._drawn = 0.0
        self._drawn_s = 0.0
        self._heard_s = 0.0
        self._begun: dict[int, _Begun] = {}

    @property
    def listening(self) -> bool:
        """True while a command is open: then a sensor is worth a closer look."""
        return bool(self._begun)

    def see(self, sample: Sample) -> None:
        """Take the watts of a new sample and count what was spent since the one before at them."""
        spent, hops = self._spent()
        with self._lock:
            self._heard_s = hops * HOP_SECONDS
            self._watts = sample.watts_of_cpu
            seen_on = [process.cpu for process in sample.processes if process.role == "recognizer"]
            self._recognizer_cpu = next(iter(seen_on), self._recognizer_cpu)
            for stage, cpu_s in spent.items():
                before = self._seen.get(stage, {})
                self._add(stage, {cpu: total - before.get(cpu, 0.0) for cpu, total in cpu_s.items()})
            self._seen = spent
        self.read(sample.at, sample.sensor_watts)

    def read(self, at: float, watts: float | None) -> None:
        """Take a reading of the sensor: `watts` of the whole board at monotonic `at`.

        None: there is no sensor, or it says nothing; what lies between its readings then is not guessed.
        """
        with self._lock:
            if watts is None:
                self._readings.clear()
                return
            if self._readings:
                then, before = self._readings[-1]
                self._drawn += (at - then) * (watts + before) / 2
                self._drawn_s += at - then
            self._readings.append((at, watts))

    def begin(self, utterance: int) -> None:
        """A command was announced: what is spent from now on is its own."""
        begun = _Begun(self._clock(), self._times.cpu_s())
        with self._lock:
            self._begun[utterance] = begun
            while len(self._begun) > FORGOTTEN:
                del self._begun[next(iter(self._begun))]

    def forget(self, utterance: int) -> None:
        """A command is over, with a text or without."""
        with self._lock:
            self._begun.pop(utterance, None)

    def end(self, utterance: int, recognizer_cpu_s: float) -> Cost | None:
        """Return what a command cost since it began; None where the machine tells too little.

        `recognizer_cpu_s`: CPU seconds of the recognizer's process. They count for the core that it was last
        seen on.
        """
        spent, now = self._times.cpu_s(), self._clock()
        with self._lock:
            begun = self._begun.pop(utterance, None)
            by_recognizer = self._of_recognizer(recognizer_cpu_s)
            if by_recognizer is not None and recognizer_cpu_s:
                self._joules[RECOGNIZER] = self._joules.get(RECOGNIZER, 0.0) + by_recognizer
            if begun is None:
                return None
            if (measured := self._measured(begun.at, now)) is not None:
                return Cost(measured, "sensor")
            cpu_s = {cpu: total - begun.cpu_s.get(cpu, 0.0) for cpu, total in spent.items()}
            by_path = energy.joules(cpu_s, self._watts)
        if by_path is None or by_recognizer is None:
            return None
        return Cost(by_path + by_recognizer, "model")

    def joules(self) -> Mapping[str, float]:
        """Return the joules of each stage up to the newest sample, by the model; empty where unknown."""
        with self._lock:
            return dict(self._joules)

    def drawn(self) -> float | None:
        """Return the joules that the board drew up to the newest reading; None without a sensor."""
        return self._drawn if self._drawn_s else None

    def per_hour(self) -> Cost | None:
        """Return the joules per hour of listening, up to the newest sample; None where nothing is known.

        By the model it is that of the stages per hour of sound; by a sensor the board's per hour.
        """
        with self._lock:
            if self._drawn_s > 0:
                return Cost(self._drawn * 3600 / self._drawn_s, "sensor")
            if not self._joules or self._heard_s <= 0:
                return None
            return Cost(sum(self._joules.values()) * 3600 / self._heard_s, "model")

    def _spent(self) -> tuple[Mapping[str, Mapping[int, float]], int]:
        """Return the CPU seconds of each stage by core, and the hops that went through."""
        by_stage: dict[str, dict[int, float]] = {}
        hops: dict[str, int] = {}
        for (stage, _), total in self._times.totals().items():
            hops[stage] = hops.get(stage, 0) + total.hops
            sums = by_stage.setdefault(stage, {})
            for cpu, seconds in total.cpu_s.items():
                sums[cpu] = sums.get(cpu, 0.0) + seconds
        return by_stage, max(hops.values(), default=0)

    def _add(self, stage: str, cpu_s: Mapping[int, float]) -> None:
        more = energy.joules(cpu_s, self._watts)
        if more is not None:
            self._joules[stage] = self._joules.get(stage, 0.0) + more

    def _of_recognizer(self, cpu_s: float) -> float | None:
        if not cpu_s:
            return 0.0
        return (
            None
            if self._recognizer_cpu is None
            else energy.joules({self._recognizer_cpu: cpu_s}, self._watts)
        )

    def _measured(self, begin: float, end: float) -> float | None:
        """Return the joules between two times: straight lines between readings, level before and after."""
        if not self._readings or end <= begin:
            return None
        points = [(at, watts) for at, watts in self._readings if begin < at <= end]
        before = [watts for at, watts in self._readings if at <= begin]
        first = before[-1] if before else self._readings[0][1]
        last = points[-1][1] if points else first
        points = [(begin, first), *points, (end, last)]
        return sum((b - a) * (x + y) / 2 for (a, x), (b, y) in pairwise(points))

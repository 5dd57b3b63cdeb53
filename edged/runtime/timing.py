"""How long each stage took: the newest hops, and totals since the start, without growing."""

import ctypes
import statistics
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from edged.telemetry.totals import BOUNDS_S, StageTotals, Totals

KEPT = 125
"""Hops remembered: ten seconds."""

UNKNOWN_CPU = -1


def _cpu_finder() -> Callable[[], int]:
    """Return what tells the core that a thread runs on, from the C library; Python has no name for it."""
    try:
        return ctypes.PyDLL(
            None
        ).sched_getcpu  # PyDLL keeps the interpreter lock: no switch for a microsecond
    except (OSError, AttributeError):
        return lambda: UNKNOWN_CPU


class Moment(NamedTuple):
    """A point in time, seconds."""

    wall: float
    """Of perf_counter."""
    cpu: float
    """That the calling thread has spent so far."""


def moment() -> Moment:
    """Return the present moment of the calling thread."""
    return Moment(time.perf_counter(), time.thread_time())


class _Total:
    """Sums of one stage on one provider."""

    def __init__(self) -> None:
        self.hops = 0
        self.wall_s = 0.0
        self.cpu_s: dict[int, float] = {}
        self.buckets = [0] * (len(BOUNDS_S) + 1)

    def frozen(self) -> StageTotals:
        return StageTotals(self.hops, self.wall_s, dict(self.cpu_s), tuple(self.buckets))


class StageTimes:
    """Wall and CPU time per hop and stage. One thread adds, any may read."""

    def __init__(self, cpu: Callable[[], int] | None = None) -> None:
        """`cpu`: tells the core that the calling thread runs on; default the machine's."""
        self._kept: dict[str, deque[float]] = {}
        self._totals: dict[tuple[str, str], _Total] = {}
        self._cpu = cpu or _cpu_finder()
        self._lock = threading.Lock()

    def add(self, stage: str, seconds: float, cpu_s: float = 0.0, provider: str = "cpu") -> None:
        """Remember one hop's time.

        Args:
            stage: its name.
            seconds: wall time.
            cpu_s: CPU time of the calling thread, counted for the core that it is on now.
            provider: where the stage ran.
        """
        core = self._cpu()
        with self._lock:
            self._kept.setdefault(stage, deque(maxlen=KEPT)).append(seconds * 1e3)
            total = self._totals.setdefault((stage, provider), _Total())
            total.hops += 1
            total.wall_s += seconds
            total.cpu_s[core] = total.cpu_s.get(core, 0.0) + cpu_s
            total.buckets[bisect_left(BOUNDS_S, seconds)] += 1

    def span(self, stage: str, begin: Moment, end: Moment, provider: str = "cpu") -> None:
        """Remember one hop's time between two moments of the calling thread."""
        self.add(stage, end.wall - begin.wall, end.cpu - begin.cpu, provider)

    def medians(self) -> Mapping[str, float]:
        """Median milliseconds of each stage over the hops kept."""
        with self._lock:
            kept = {stage: list(times) for stage, times in self._kept.items()}
        return {stage: round(statistics.median(times), 3) for stage, times in kept.items()}

    def totals(self) -> Totals:
        """Return the sums of every stage and provider since the start."""
        with self._lock:
            return {key: total.frozen() for key, total in self._totals.items()}

    def cpu_s(self) -> Mapping[int, float]:
        """Return the CPU seconds of all stages by the core that they were spent on."""
        sums: dict[int, float] = {}
        with self._lock:
            for total in self._totals.values():
                for core, seconds in total.cpu_s.items():
                    sums[core] = sums.get(core, 0.0) + seconds
        return sums

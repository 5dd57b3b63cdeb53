"""How long each stage took, newest hops, without growing."""

import statistics
from collections import deque
from collections.abc import Mapping

KEPT = 125
"""Hops remembered: ten seconds."""


class StageTimes:
    """Wall milliseconds per hop and stage."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[float]] = {}

    def add(self, stage: str, seconds: float) -> None:
        """Remember one hop's time."""
        self._kept.setdefault(stage, deque(maxlen=KEPT)).append(seconds * 1e3)

    def medians(self) -> Mapping[str, float]:
        """Median milliseconds of each stage over the hops kept."""
        return {stage: round(statistics.median(times), 3) for stage, times in self._kept.items()}

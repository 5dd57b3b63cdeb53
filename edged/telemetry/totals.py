"""What a stage has cost since the stream opened, as the runtime counts it and the metrics show it."""

from collections.abc import Mapping
from dataclasses import dataclass

BOUNDS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 2.0)
"""Upper bounds of the histogram, seconds. 0.08 is a hop: what lies above is late."""


@dataclass(frozen=True, slots=True)
class StageTotals:
    """One stage on one provider."""

    hops: int
    wall_s: float
    cpu_s: Mapping[int, float]
    """CPU seconds by the core that they were spent on; -1 where the machine does not tell."""
    buckets: tuple[int, ...]
    """Hops within each bound and above the one before; the last are above all bounds."""


Totals = Mapping[tuple[str, str], StageTotals]
"""(stage, provider) to its totals."""

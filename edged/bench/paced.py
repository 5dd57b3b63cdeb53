"""What a step costs at the pace of sound, in percentiles."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edged.geometry import HOP_SECONDS

WARM = 10
"""Steps before the first that counts."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a number of steps."""

    walls_s: tuple[float, ...]
    cpu_s: float
    """Processor seconds per step, those between two steps included: a driver that spins pays for it."""

    def in_ms(self) -> dict[str, float]:
        """Return milliseconds as the bench reports them."""
        found = {f"p{percent}_ms": percentile(self.walls_s, percent) for percent in (50, 95, 99)}
        found |= {"mean_ms": sum(self.walls_s) / len(self.walls_s), "max_ms": max(self.walls_s)}
        return {name: round(value * 1e3, 3) for name, value in {**found, "cpu_ms": self.cpu_s}.items()}


def paced(
    step: Callable[[], object],
    hops: int,
    clock: Callable[[], float],
    cpu_clock: Callable[[], float],
    sleep: Callable[[float], object],
) -> Cost:
    """Make one step every 80 ms; one that takes longer delays the others, it does not hurry them."""
    walls: list[float] = []
    cpu = 0.0
    for number in range(WARM + hops):
        if number == WARM:
            cpu = cpu_clock()
        start = clock()
        step()
        walls.append(clock() - start)
        sleep(max(0.0, start + HOP_SECONDS - clock()))
    return Cost(tuple(walls[WARM:]), (cpu_clock() - cpu) / hops)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many of 100 do not pass: one that was measured, none between two."""
    return sorted(values)[math.ceil(percent / 100 * len(values)) - 1]

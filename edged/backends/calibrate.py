"""What a step costs at the pace at which sound comes: a cold cache and a low clock are the real conditions.

Run in a tight loop, a GPU is clocked up and its queue is warm; one step per 80 ms finds neither.
"""

import math
from collections.abc import Callable

from edged.backends.select import Measured
from edged.geometry import HOP_SECONDS

WARM = 10
"""Steps before the first that counts."""

STEPS = 25
"""Steps that count: two seconds of sound."""


class Interrupted(Exception):
    """The run ends; what was being measured does not matter any more."""


def calibrate(
    step: Callable[[], object],
    clock: Callable[[], float],
    cpu_clock: Callable[[], float],
    sleep: Callable[[float], bool],
) -> Measured:
    """Return what a step costs when one is made every 80 ms.

    Args:
        step: one step.
        clock: seconds that pass.
        cpu_clock: processor seconds of everything that works for the step.
        sleep: waits that many seconds; True: the run is over.

    Raises:
        ProviderFailed: a step failed.
        Interrupted: `sleep` said that the run is over.
    """
    for _ in range(WARM):
        step()
        _pause(sleep, HOP_SECONDS)
    walls: list[float] = []
    cpu = cpu_clock()
    due = clock()
    for _ in range(STEPS):
        begun = clock()
        step()
        walls.append(clock() - begun)
        due += HOP_SECONDS
        _pause(sleep, due - clock())
    cpu = cpu_clock() - cpu  # with the pauses: a driver that spins between two steps pays for it
    p95 = sorted(walls)[math.ceil(0.95 * STEPS) - 1]
    return Measured(p95_ms=round(p95 * 1e3, 3), cpu_ms=round(cpu / STEPS * 1e3, 3))


def _pause(sleep: Callable[[float], bool], seconds: float) -> None:
    if sleep(max(0.0, seconds)):
        raise Interrupted

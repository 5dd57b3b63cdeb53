"""Which choice costs least on this device: each is compiled and timed, once per device and driver."""

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from edged.backends.opencl.designs import CHOICES, Choice

WARM = 3
"""Steps of each before the first that counts: drivers compile late and caches fill."""
ROUNDS = 11
"""Timed steps of each; the middle one counts."""
BUDGET_S = 40.0
"""Seconds after which no further choice is compiled; those that were are compared."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What a step of one choice takes."""

    wall_s: float
    cpu_s: float
    """Processor seconds, the driver's own threads included."""

    @property
    def cost(self) -> float:
        """What is least: an answer that is late and a processor that is busy are both paid for."""
        return self.wall_s + self.cpu_s


@dataclass(frozen=True, slots=True)
class Clocks:
    """What time is read from; injected."""

    wall: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.process_time


def compile_within(
    choices: Sequence[Choice], compile_: Callable[[Choice], None], clocks: Clocks, budget_s: float = BUDGET_S
) -> None:
    """Compile one choice after the other until the time is up; the first is compiled in any case."""
    start = clocks.wall()
    for number, choice in enumerate(choices):
        if number and clocks.wall() - start > budget_s:
            return
        compile_(choice)


def measure(steps: Mapping[Choice, Callable[[], object]], clocks: Clocks) -> dict[Choice, Timing]:
    """Time a step of each choice, in turn, so that whatever else the machine does hits all alike."""
    walls: dict[Choice, list[float]] = {choice: [] for choice in steps}
    cpus: dict[Choice, list[float]] = {choice: [] for choice in steps}
    for number in range(WARM + ROUNDS):
        for choice, step in steps.items():
            wall, cpu = clocks.wall(), clocks.cpu()
            step()
            if number >= WARM:
                walls[choice].append(clocks.wall() - wall)
                cpus[choice].append(clocks.cpu() - cpu)
    return {
        choice: Timing(statistics.median(walls[choice]), statistics.median(cpus[choice])) for choice in steps
    }


def best(timings: Mapping[Choice, Timing]) -> Choice:
    """Return the choice of least cost; of equals the first."""
    return min(timings, key=lambda choice: timings[choice].cost)


def to_text(choice: Choice) -> bytes:
    """Return a choice as it is kept."""
    return json.dumps(asdict(choice)).encode()


def from_text(text: bytes) -> Choice | None:
    """Return a choice that was kept, None if it is none of today's."""
    try:
        choice = Choice(**json.loads(text))
    except (ValueError, TypeError):
        return None
    return choice if choice in CHOICES else None

"""How much a process lets the machine rest: how often it wakes up, and how long the cores sleep meanwhile."""

import resource
import time
from dataclasses import dataclass
from typing import Any, Self

from edged.telemetry.files import found, number

CPU = "/sys/devices/system/cpu"


@dataclass(frozen=True, slots=True)
class Rest:
    """The counters of one moment."""

    at: float
    """Seconds of perf_counter."""
    woken: int
    """Times that a thread of this process had waited and went on."""
    asleep_us: tuple[int, ...]
    """Of each core that tells it, microseconds in any idle state since boot."""

    @classmethod
    def now(cls) -> Self:
        """Read the counters."""
        woken = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
        return cls(time.perf_counter(), woken, tuple(_asleep()))

    def since(self, before: "Rest") -> dict[str, Any]:
        """Return wake-ups per second, and the share of the time that the machine's cores slept, 0..1.

        `idle_share` is of the whole machine, whoever keeps it awake; None where the kernel does not tell.
        """
        seconds = max(1e-9, self.at - before.at)
        share = None
        if self.asleep_us and len(self.asleep_us) == len(before.asleep_us):
            slept = sum(self.asleep_us) - sum(before.asleep_us)
            share = round(min(1.0, slept * 1e-6 / seconds / len(self.asleep_us)), 4)
        return {"wakeups_per_s": round((self.woken - before.woken) / seconds, 1), "idle_share": share}


def _asleep() -> list[int]:
    cores: list[int] = []
    for core in found(CPU, "cpu[0-9]*"):
        states = [number(f"{state}/time") for state in found(f"{core}/cpuidle", "state*")]
        if states:
            cores.append(sum(state or 0 for state in states))
    return cores

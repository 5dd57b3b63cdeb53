"""Which CPUs the path, the recognizer and everything else run on, where a machine has fast and slow ones.

Two kinds of cores in one chip (RK3588: four A55, two pairs of A76) make the same work take four times as long
when the scheduler puts it on a slow one: SenseVoice int8 takes 0.099 of real time on an A76 and 0.436 on an
A55 (sherpa-onnx's documentation). `place` decides, `pin` does it; nothing else depends on either.
"""

import logging
import os
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache

from edged.config.schema import Config
from edged.telemetry.clusters import Cluster, clusters

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where each part of edged runs; an empty set: wherever the scheduler puts it."""

    path: frozenset[int] = frozenset()
    capture: frozenset[int] = frozenset()
    """Not cpu 0, where interrupts land, unless there is no other."""
    recognizer: frozenset[int] = frozenset()
    others: frozenset[int] = frozenset()
    """Sinks, telemetry, network: what may be late."""

    @property
    def in_words(self) -> str:
        """One line for people."""
        return (
            f"path on CPUs {in_words(self.path)}, capture on {in_words(self.capture)}, "
            f"recognizer on {in_words(self.recognizer)}, the rest on {in_words(self.others)}"
        )


def place(clusters: Sequence[Cluster], allowed: Set[int], threads: int = 1) -> Placement | None:
    """Decide; None where the CPUs that this process may use are all alike, or nobody tells how fast they are.

    Everything but the slowest kind counts as fast. The path gets the fastest cluster that is not cpu 0's, two
    CPUs if there are; the recognizer the other fast ones, or all of them where that leaves it too few.

    Args:
        clusters: What the machine has.
        allowed: CPUs that this process may use.
        threads: Threads of the recognizer.
    """
    speeds = {cpu: each.capacity for each in clusters for cpu in each.cpus if cpu in allowed}
    known = {speed for speed in speeds.values() if speed is not None}
    if len(known) < 2 or None in speeds.values():
        return None
    slow = frozenset(cpu for cpu, speed in speeds.items() if speed == min(known))
    fast = frozenset(speeds) - slow
    path: frozenset[int] = frozenset()
    for each in sorted(clusters, key=lambda each: (-(each.capacity or 0), 0 in each.cpus, each.cpus)):
        path = path if len(path) >= 2 else path | (fast & frozenset(each.cpus))
    rest = fast - path
    return Placement(path, path - {0} or path, rest if len(rest) >= threads else fast, slow)


def placement(config: Config, allowed: Set[int] | None = None) -> Placement | None:
    """Return where the parts of edged run on this machine; None where there is nothing to choose.

    allowed: CPUs that this process may use; default: those that it was given.
    """
    if config.service.placement == "off":
        return None
    ours = os.sched_getaffinity(0) if allowed is None else allowed
    return place(clusters(), ours, config.recognize.threads)


def fast_cores(allowed: Set[int] | None = None) -> int:
    """Return how many CPUs may recognize: all but the slowest kind, where there are two.

    allowed: CPUs that this process may use; default: those that it was given.
    """
    ours = os.sched_getaffinity(0) if allowed is None else allowed
    placed = place(clusters(), ours)
    return len(ours) if placed is None else len(ours - placed.others)


def pin(who: int, cpus: Set[int]) -> bool:
    """Keep a thread or process on these CPUs; return whether that worked: where it did not, all goes on.

    Args:
        who: Native id of a thread; 0 is the calling one. Of a process it means its first thread and those
            made later, so call it right after the start.
        cpus: Where it may run.
    """
    try:
        os.sched_setaffinity(who, cpus)
    except ProcessLookupError:  # it ended meanwhile
        return False
    except (OSError, ValueError) as exc:  # a cpuset that changed meanwhile, a CPU that is off
        _told(f"placement: CPUs {in_words(cpus)} cannot be chosen ({exc}); the scheduler decides")
        return False
    return True


def in_words(cpus: Set[int]) -> str:
    """Return CPUs as people write them: `0-3`, `4,6`."""
    text: list[str] = []
    for cpu in sorted(cpus):
        if cpu - 1 not in cpus:
            text.append(str(cpu))
        elif cpu + 1 not in cpus:
            text[-1] += f"-{cpu}"
    return ",".join(text)


@cache
def _told(sentence: str) -> None:
    """Say it once, not at every start of a recognizer."""
    log.warning("%s", sentence)

"""Memory of the daemon and of its child processes, and what the machine has left."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edged.telemetry.files import found, text

DEEPEST = 4
"""Generations of children that are looked for."""

ROLES = {"edged.stages.recognize.child": "recognizer", "edged.runtime.jobs.child": "jobs"}
"""Module of a child process to its role; others are `other`."""

INHERITED = frozenset({"jobs"})
"""Roles that children share: the recognizer of a process for recordings is not the microphone's."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of edged's."""

    role: str
    """`daemon`, `recognizer`, `jobs`, `other`."""
    resident_bytes: int
    """Pages in memory; those shared with another process count in both."""
    cpu: int | None
    """Core that it ran on last."""


def processes(pid: int | None = None) -> tuple[Process, ...]:
    """Return this process and its children, or those of `pid`; empty where the machine does not tell."""
    daemon = os.getpid() if pid is None else pid
    return tuple(_processes(daemon, 0, "daemon"))


def peak_bytes(pid: int | None = None) -> int:
    """Return the most memory that this process, or `pid`, and its children held, each at its own time."""
    return sum(_peak(each) for each in _family(os.getpid() if pid is None else pid, 0))


def resident_bytes(pid: int) -> int | None:
    """Return the pages in memory of a process, in bytes; None where the machine does not tell."""
    pages = (text(f"/proc/{pid}/statm") or "").split()
    if len(pages) > 1 and pages[1].isdecimal():
        return int(pages[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def available_bytes() -> int | None:
    """Return how much memory could still be had without swapping."""
    return _meminfo("MemAvailable")


def total_bytes() -> int | None:
    """Return how much memory the machine has."""
    return _meminfo("MemTotal")


def resident_by_role(seen: tuple[Process, ...]) -> Mapping[str, int]:
    """Return the resident bytes of each role."""
    sums: dict[str, int] = {}
    for process in seen:
        sums[process.role] = sums.get(process.role, 0) + process.resident_bytes
    return sums


def _meminfo(wanted: str) -> int | None:
    for line in (text("/proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        kib = rest.strip().removesuffix(" kB")
        if name == wanted and kib.isdecimal():
            return int(kib) * 1024
    return None


def _processes(pid: int, depth: int, parent: str) -> Iterator[Process]:
    role = _role(pid) if depth and parent not in INHERITED else parent
    resident = resident_bytes(pid)
    if resident is not None:
        yield Process(role, resident, _last_cpu(pid))
    if depth < DEEPEST:
        for child in _children(pid):
            yield from _processes(child, depth + 1, role)


def _family(pid: int, depth: int) -> Iterator[int]:
    yield pid
    if depth < DEEPEST:
        for child in _children(pid):
            yield from _family(child, depth + 1)


def _children(pid: int) -> Iterator[int]:
    for task in found(f"/proc/{pid}/task", "*"):
        for child in (text(f"{task}/children") or "").split():
            if child.isdecimal():
                yield int(child)


def _peak(pid: int) -> int:
    for line in (text(f"/proc/{pid}/status") or "").splitlines():
        name, _, rest = line.partition(":")
        kib = rest.strip().removesuffix(" kB")
        if name == "VmHWM" and kib.isdecimal():
            return int(kib) * 1024
    return 0


def _role(pid: int) -> str:
    line = text(f"/proc/{pid}/cmdline") or ""
    return next((role for module, role in ROLES.items() if module in line), "other")


def _last_cpu(pid: int) -> int | None:
    """Field 39 of /proc/PID/stat (man 5 proc); the name in the second may hold spaces and brackets."""
    fields = (text(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
    return int(fields[36]) if len(fields) > 36 and fields[36].isdecimal() else None

"""Real-time priority for the threads that sound passes through: whoever computes gives way to them at once.

Without it a thread that wakes beside busy ones may wait for the next tick of the scheduler, 1 to 4 ms: on
both cores of an x86 machine with four recordings under way that made the 99th percentile of the path's
latency 2 to 4 times as long (`edged-bench jobs`), however low the priority of the others was. A thread that
spins for ever still leaves a twentieth of its core to the rest (sched(7), sched_rt_runtime_us).
"""

import logging
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)

SWITCH_S = 0.0005
"""Seconds until a thread must let another have the interpreter's lock: Python's own 5 ms would be in the
latency of the path whenever something else runs Python."""

PATH = 5
"""Real-time priority of the path, of 1 to 99: the kernel's own interrupt threads have 50."""

CAPTURE = 6
"""Of capture, which is never long at work, and of what it starts to read the microphone, e.g. arecord."""

NICENESS = -11
"""Instead, where the kernel refuses: what PipeWire and PulseAudio take."""


def hurry_path() -> bool:
    """Give the calling thread the path's priority; return whether that worked.

    What it starts does not inherit it: that may be a stage's stand-in which takes half a minute to open.
    """
    return _hurry(PATH, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK)


def hurry_capture() -> bool:
    """Give the calling thread and whatever it starts later capture's priority; return whether that worked."""
    return _hurry(CAPTURE, os.SCHED_FIFO)


def priorities(pid: int) -> list[int]:
    """Return the real-time priorities of a process's threads, lowest first; others are left out."""
    found: list[int] = []
    with suppress(OSError):  # the process ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(ProcessLookupError):
                if os.sched_getscheduler(int(task.name)) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO:
                    found.append(os.sched_getparam(int(task.name)).sched_priority)
    return sorted(found)


def _hurry(priority: int, policy: int) -> bool:
    """Try; refused, the thread gets a better niceness where it may have one.

    It is refused by RLIMIT_RTPRIO, and by CONFIG_RT_GROUP_SCHED under an enabled cpu controller.
    """
    try:
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except OSError as exc:
        _told(f"real-time priority is refused ({(exc.strerror or str(exc)).lower()}); {_nicer()}")
        return False
    return True


def _nicer() -> str:
    try:
        if os.getpriority(os.PRIO_PROCESS, 0) > NICENESS:
            os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    except OSError:
        return f"so is niceness {NICENESS}: beside busy programs sound may be handled some milliseconds late"
    return f"sound is handled at niceness {os.getpriority(os.PRIO_PROCESS, 0)} instead"


@cache
def _told(sentence: str) -> None:
    """Say it once, not for every thread."""
    log.warning("%s", sentence)

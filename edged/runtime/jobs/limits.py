"""How long a process may take and how large it may grow, and when to come back. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

START_S = 300.0
"""Seconds from a job to the first sign of work on it: a model of a gigabyte from an SD card, and all others
first."""

SILENT_S = 120.0
"""Seconds without a sign of life; the slowest single step is ffmpeg's first sound, for which it has 30."""

SLOWEST = 12.0
"""Seconds per second of sound that a job may take. A recognizer that is not faster than speech by far is of
no use for recordings; four of them may share one slow core, and all give way to everything else."""

IDLE_S = 300.0
"""Seconds without work after which a process is ended: its memory is worth more than the next start."""

CANCEL_S = 0.5
"""Seconds that a process gets to let go of a cancelled job; then it is ended."""

LOOK_S = 1.0
"""Seconds between two looks at the limits while a process works."""

TRIES = 2
"""Processes that one job may take with it."""

SHORTEST_WAIT_S, LONGEST_WAIT_S = 1, 600
"""Bounds of what a refused client is told, seconds."""


@dataclass(frozen=True, slots=True)
class Run:
    """How far a process is with its job."""

    took_s: float
    """Seconds since it got it."""
    quiet_s: float
    """Seconds since it said anything."""
    audio_s: float
    """Seconds of sound that it read so far."""
    expected_s: float
    """Seconds of sound that the recording claims to hold; 0: unknown."""
    answered: bool
    """Whether it said anything of this job yet."""


def overdue(run: Run) -> str | None:
    """Return why a process with a job must be ended, None while all is well.

    What a recording claims counts for nothing here: time is earned by sound that was read.
    """
    if run.quiet_s > (SILENT_S if run.answered else START_S):
        return f"gave no sign of life for {run.quiet_s:.0f} s"
    if run.took_s > START_S + SLOWEST * run.audio_s:
        return f"took {run.took_s:.0f} s for {run.audio_s:.0f} s of sound"
    return None


def patience_ms(asked: bool, working: bool, rested_s: float | None) -> int | None:
    """Return how long a pool may sleep until it looks at its processes again; None: until something comes.

    Args:
        asked: one was asked to let go of its job.
        working: one has a job.
        rested_s: since when the one that has rested longest has; None where there is no process.
    """
    if asked:
        return round(CANCEL_S * 200)
    if working:
        return round(LOOK_S * 1000)
    if rested_s is None:
        return None
    return max(0, round((IDLE_S - rested_s) * 1000)) + 1


def worn(resident_bytes: int, limit_mb: int) -> bool:
    """Return whether a process has grown beyond its limit, megabytes of 10^6 bytes."""
    return resident_bytes > limit_mb * 1_000_000


def retry_after(running: Sequence[Run], usual_s: float) -> float:
    """Return in how many seconds a place in the queue may be free: when the first running job is done.

    Args:
        running: the jobs under way.
        usual_s: what a job took so far, where one does not tell how long it is.
    """
    left = (_left_s(run, usual_s) for run in running)
    soonest = math.ceil(min(left, default=usual_s))
    return float(min(max(soonest, SHORTEST_WAIT_S), LONGEST_WAIT_S))


def _left_s(run: Run, usual_s: float) -> float:
    """Return the seconds that a job still needs at its measured real-time factor."""
    if run.expected_s <= run.audio_s or not run.audio_s:
        return max(0.0, usual_s - run.took_s)
    return run.took_s * (run.expected_s - run.audio_s) / run.audio_s

"""Which clips must go: those too old, then the oldest until the rest fits, marked ones last. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

CLOCK_SET_S = 1_577_836_800.0
"""1 January 2020: what is older was kept before a board without a clock of its own learned the time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip on disk."""

    id: str
    """Sorts by time."""
    kept_s: float
    """When, seconds since 1970."""
    size: int
    """Bytes of its files."""
    marked: bool


def too_old(entries: Sequence[Entry], now_s: float, max_age_s: float) -> list[str]:
    """Return the ids of those older than `max_age_s`, marked or not; 0: none is."""
    if not max_age_s:
        return []
    return [each.id for each in entries if each.kept_s >= CLOCK_SET_S and now_s - each.kept_s > max_age_s]


def too_many(entries: Sequence[Entry], quota: int) -> list[str]:
    """Return the ids of those that must go, first to go first, so that the rest fits into `quota` bytes."""
    excess = sum(each.size for each in entries) - quota
    going: list[str] = []
    for each in sorted(entries, key=lambda each: (each.marked, each.id)):
        if excess <= 0:
            break
        going.append(each.id)
        excess -= each.size
    return going

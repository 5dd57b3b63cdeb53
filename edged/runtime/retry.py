"""When a source that is away is opened again: soon, rarely where it is seen to be unplugged, at once when the
cards of the machine change.

A microphone that returns shall be heard within 3 s. Where nothing tells that it returned, as with a service
on the network or a card that stays listed while it fails, only trying does: every 2 s at least. Where its
card is gone from the list, trying is idle: the pauses grow, and the list, one small file, is watched.
"""

from edged.config.sysroot import on_machine

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before the first try, the second and so on; the last one repeats."""
BLIND_S = 2.0
"""Longest of them where nothing would tell of its return."""

Cards = frozenset[str]
"""Sound cards by id and name, without their number, which moves."""


def cards() -> Cards:
    """Return the sound cards of the machine; none where there is no ALSA."""
    try:
        text = on_machine("/proc/asound/cards").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    return frozenset(line.partition("[")[2] for line in text.splitlines() if "[" in line)


def pause_s(failures: int, unplugged: bool) -> float:
    """Return the seconds until the next try, after `failures` >= 1 since sound flowed."""
    pause = PAUSES_S[min(failures, len(PAUSES_S)) - 1]
    return pause if unplugged else min(pause, BLIND_S)


class Retry:
    """Decides from times and lists of cards that it is given."""

    def __init__(self) -> None:
        self._failures = 0
        self._at = float("-inf")
        self._with: Cards = frozenset()
        """Cards while sound flowed."""
        self._seen: Cards = frozenset()
        """Cards at the last failure."""

    def flows(self, there: Cards) -> None:
        """Sound flows for a while: the next pause is the shortest again."""
        self._failures = 0
        self._with = there

    def failed(self, now: float, there: Cards) -> None:
        """It could not be opened, or was lost, at `now`, seconds of any clock."""
        self._failures += 1
        self._seen = there
        self._at = now + pause_s(self._failures, unplugged=not self._with <= there)

    def due(self, now: float, there: Cards) -> bool:
        """Tell whether to try at `now`."""
        if there != self._seen and self._failures:
            self._failures = 0  # another machine than the one on which it failed
            return True
        return now >= self._at

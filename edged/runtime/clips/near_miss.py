"""When a score came close and stayed below: once for each rise. Pure: scores in, a near miss out."""

import math
from dataclasses import dataclass

from edged.geometry import HOP

CALM_HOPS = 6
"""Hops below the bar that end a rise, half a second: scores of one word flicker."""

LONGEST_HOPS = 25
"""Hops after which a rise is told though it goes on, 2 s, as a hum may keep a score up for hours."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rise that stayed below its threshold."""

    score: float
    """Its highest."""
    sample: int
    """End of the hop of that score."""


class NearMisses:
    """Follows one word of one stream. Holds no clock: time is the sample index."""

    def __init__(self) -> None:
        self._began: int | None = None
        self._over = 0
        self._best: NearMiss | None = None

    def update(
        self, score: float, end: int, threshold: float, share: float, ignored: bool
    ) -> NearMiss | None:
        """Take one hop; return what is over, or goes on for too long.

        Args:
            score: 0..1; one that is not finite counts as none.
            end: sample index after the hop.
            threshold: of the word.
            share: of it that is close.
            ignored: a command is open: no word could have been heard.
        """
        high = math.isfinite(score) and score >= share * threshold
        if high:
            if self._began is None:
                self._began = end
                self._best = NearMiss(score, end)
            self._over = 0
            if score >= threshold or ignored:
                self._best = None  # heard or held back: other clips tell of it, and of its tail
            elif self._best is not None and score > self._best.score:
                self._best = NearMiss(score, end)
        elif self._began is not None:
            self._over += 1
        if self._began is None:
            return None
        calm = self._over >= CALM_HOPS
        best = self._best
        if calm or end - self._began >= LONGEST_HOPS * HOP:
            self._best = None
            if calm:
                self.reset()
            return best
        return None

    def reset(self) -> None:
        """Forget the rise: the stream lost sound, or ends."""
        self._began, self._over, self._best = None, 0, None

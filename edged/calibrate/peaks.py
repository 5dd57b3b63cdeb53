"""From one word's scores to the moments that could wake: one peak per stretch of the refractory time.

What counts at a hop is the highest threshold at which the word's rule would be met there: with patience, the
score that enough hops of its window reach.
"""

import math
from collections import deque
from dataclasses import dataclass

from edged.geometry import HOP
from edged.stages.heads.rule import Rule


@dataclass(frozen=True, slots=True)
class Peak:
    """A moment that wakes at every threshold up to its score."""

    score: float
    hop: int
    """Counted from the first hop that was pushed."""


class Deciding:
    """Scores to what each hop would wake at; holds the hops that `patience` looks at."""

    def __init__(self, rule: Rule) -> None:
        self._patience = rule.patience
        self._window: deque[float] = deque(maxlen=rule.patience_window)

    def push(self, score: float) -> float:
        """Return the highest threshold that is met at this hop; 0 where the score is not finite."""
        self._window.append(score if math.isfinite(score) else 0.0)
        if len(self._window) < self._patience:
            return 0.0
        reached = sorted(self._window, reverse=True)[self._patience - 1]
        return min(self._window[-1], reached)


class Peaks:
    """Picks the highest hop of each stretch; two peaks are at least the refractory time apart."""

    def __init__(self, rule: Rule) -> None:
        self._apart = max(1, rule.refractory // HOP)
        self._hop = -1
        self._highest: Peak | None = None

    def push(self, score: float) -> Peak | None:
        """Take what one hop would wake at; return the peak that cannot be passed any more."""
        self._hop += 1
        highest = self._highest
        if highest is None or score > highest.score:
            if highest is not None and self._hop - highest.hop >= self._apart:
                self._highest = Peak(score, self._hop)
                return highest
            self._highest = Peak(score, self._hop)
        elif self._hop - highest.hop >= self._apart:
            self._highest = Peak(score, self._hop)
            return highest
        return None

    def end(self) -> Peak | None:
        """Return the last peak: what comes next, if anything, is another stretch of sound."""
        last, self._highest = self._highest, None
        return last

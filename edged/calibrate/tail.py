"""The tail of the peaks of one word: how often a room passes a threshold that it hardly ever passed.

On the logit scale the highest peaks of a head fall off exponentially: the mean excess of the 20 highest over
the next one tells how fast. On recordings that were held back this did better than more peaks, and better
than a generalized Pareto distribution, whose second number 20 peaks do not tell (docs/calibrate.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HIGHEST = 20
"""Peaks that make the tail."""

DRAWS = 500
"""Rooms that are drawn from the one heard, to tell how far the tail is to be trusted."""

_EDGE = 1e-6
"""Scores this near to 0 and 1 are taken for it: float32 has no more to tell."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Peaks per hour over a threshold: `rate_from` over `start`, falling by e for each `scale` above."""

    start: float
    """Logit of the score where the tail begins."""
    scale: float
    rate_from: float
    """Peaks per hour above `start`."""

    def rate(self, threshold: float) -> float:
        """Return the peaks per hour over a threshold; below the start, those at the start."""
        above = max(0.0, float(logit(threshold)) - self.start)
        return self.rate_from * math.exp(-above / self.scale)

    def threshold(self, per_hour: float) -> float:
        """Return the score that so many peaks an hour pass; that of the start where more do."""
        return score(self.start + self.scale * math.log(max(1.0, self.rate_from / per_hour)))


def fit(peaks: Sequence[float], hours: float) -> Tail:
    """Return the tail of peaks, highest first, at least `HIGHEST` + 1 of them, heard in `hours`."""
    return _fit(logit(np.sort(np.asarray(peaks, np.float64))[::-1][: HIGHEST + 1]), hours)


def drawn(peaks: Sequence[float], hours: float, seed: int = 0) -> tuple[Tail, ...]:
    """Return the tails of `DRAWS` rooms like the one heard: its peaks, each as often as chance has it."""
    levels = logit(np.sort(np.asarray(peaks, np.float64))[::-1])
    rng = np.random.default_rng(seed)
    tails: list[Tail] = []
    for _ in range(DRAWS):
        again = np.repeat(levels, rng.poisson(1.0, len(levels)))
        if len(again) > HIGHEST:
            tails.append(_fit(again[: HIGHEST + 1], hours))
    return tuple(tails)


def _fit(levels: NDArray[np.float64], hours: float) -> Tail:
    start = float(levels[HIGHEST])
    scale = float((levels[:HIGHEST] - start).mean())
    return Tail(start, max(scale, 1e-3), HIGHEST / hours)


def logit(scores: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return scores 0..1 on the scale on which they have a tail."""
    inside = np.clip(np.asarray(scores, np.float64), _EDGE, 1 - _EDGE)
    return np.log(inside) - np.log1p(-inside)


def score(level: float) -> float:
    """Return the score of a logit."""
    return 1 / (1 + math.exp(-level))

"""What repeated measurements are told as: a median with its spread and n, and a ratio with its interval.

A ratio is only taken of rounds that ran in turn: of each pair its own, so that a machine which was busy for a
while was busy for both sides.
"""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from edged.errors import ConfigError

FEWEST = 5
"""Rounds below which no spread is worth printing and no ratio is told."""

RESAMPLES = 2000
CONFIDENCE = 0.95


def enough(rounds: int) -> None:
    """Refuse to compare on too few rounds.

    Raises:
        ConfigError: fewer than `FEWEST`.
    """
    if rounds < FEWEST:
        raise ConfigError(
            f"{rounds} rounds tell nothing of the spread: at least {FEWEST} are needed, --rounds {FEWEST}"
        )


def spread(values: Sequence[float], digits: int = 4) -> dict[str, float | int]:
    """Return the median of values of one kind with what says how far they scatter.

    `iqr` is the distance from the first to the third quartile, `mad` the median distance from the median.
    """
    low, median, high = (float(each) for each in np.percentile(values, (25, 50, 75)))
    mad = statistics.median(abs(value - median) for value in values)
    found = {"median": median, "iqr": high - low, "mad": mad, "min": min(values), "max": max(values)}
    return {**{name: round(value, digits) for name, value in found.items()}, "n": len(values)}


def ratio(over: Sequence[float], under: Sequence[float], seed: int = 0) -> dict[str, Any]:
    """Return how many times `under` is `over`, pair by pair: the median ratio and its 95 % interval.

    The interval is the percentile bootstrap of the median over the pairs.

    Raises:
        ConfigError: fewer than `FEWEST` pairs.
        ValueError: the rounds are not in pairs.
    """
    pairs = np.array([a / b for a, b in zip(over, under, strict=True) if b > 0])
    enough(len(pairs))
    rng = np.random.RandomState(seed)  # frozen by numpy: the same rounds give the same interval
    drawn = np.median(rng.choice(pairs, (RESAMPLES, len(pairs))), axis=1)
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(drawn, (tail, 100 - tail))
    return {
        "median": round(float(np.median(pairs)), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "n": len(pairs),
    }


def order(rounds: int) -> list[tuple[int, int]]:
    """Return which of two sides runs first in each round: ABBA, so that a drift weighs on both alike."""
    return [(0, 1) if index % 2 == 0 else (1, 0) for index in range(rounds)]

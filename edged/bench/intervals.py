"""What a count says of the rate behind it: exact intervals, without an assumption of large numbers.

A share (so many heard of so many said) is given Clopper and Pearson's interval, a rate (so many in so many
hours) Garwood's. Both are the rates at which the count would be just short of surprising; they are found by
halving, for the tails only rise or fall.
"""

import math
from collections.abc import Callable

CONFIDENCE = 0.95

HALVINGS = 100
"""Far beyond what a float can tell apart."""


def share(hits: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval of a share, 0..1. Of nothing at all: everything is possible."""
    if of == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _halve(lambda p: 1 - _binomial(hits - 1, of, p) >= tail, 0.0, 1.0)
    high = 1.0 if hits == of else _halve(lambda p: _binomial(hits, of, p) <= tail, 0.0, 1.0)
    return low, high


def rate(count: int, hours: float, confidence: float = CONFIDENCE) -> tuple[float, float | None]:
    """Return the interval of a rate per hour; without an hour heard there is no upper end."""
    if hours <= 0:
        return 0.0, None
    tail = (1 - confidence) / 2
    most = 2.0 * count + 20.0  # above every upper end, for every count
    low = 0.0 if count == 0 else _halve(lambda mean: 1 - _poisson(count - 1, mean) >= tail, 0.0, most)
    high = _halve(lambda mean: _poisson(count, mean) <= tail, 0.0, most)
    return low / hours, high / hours


def _binomial(hits: int, of: int, p: float) -> float:
    """Probability of at most so many hits."""
    if p <= 0 or p >= 1:
        return 1.0 if p <= 0 or hits >= of else 0.0
    inside = (_log_choose(of, k) + k * math.log(p) + (of - k) * math.log1p(-p) for k in range(hits + 1))
    return min(1.0, math.fsum(map(math.exp, inside)))


def _poisson(count: int, mean: float) -> float:
    """Probability of at most so many."""
    if mean <= 0:
        return 1.0
    inside = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count + 1))
    return min(1.0, math.fsum(map(math.exp, inside)))


def _log_choose(of: int, k: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)


def _halve(beyond: Callable[[float], bool], low: float, high: float) -> float:
    """Return where a condition that is false below becomes true."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return high

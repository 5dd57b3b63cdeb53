"""How sure a model was, where it says so: the geometric mean of its tokens' probabilities. Pure."""

import math
from collections.abc import Sequence


def certainty(log_probs: Sequence[float]) -> float | None:
    """Return 0..1 for natural logarithms of probabilities; None where there are none, or one is no number."""
    if not log_probs or not all(math.isfinite(each) for each in log_probs):
        return None
    return round(min(1.0, math.exp(sum(log_probs) / len(log_probs))), 4)


def of_tokens(found: Sequence[float], tokens: int) -> Sequence[float] | None:
    """Return what a model said of each of so many tokens; None where it did not say it of each."""
    return found if tokens and len(found) == tokens else None

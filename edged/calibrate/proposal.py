"""From what was heard of one word to a threshold for a budget, or to why there is none.

Pure: peaks and hours in, an answer out. It never goes where nobody knows what it does: below `LOWEST` nothing
was measured, and above `HIGHEST_BLIND` only recordings of the word tell whether it is still heard.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edged.calibrate import tail
from edged.calibrate.budget import Budget

REACH = 10.0
"""How many times rarer than once in all that was heard a budget may be: one a week asks for 17 hours."""

LOWEST = 0.3
"""Lowest threshold that is proposed, however quiet a room is."""

HIGHEST_BLIND = 0.9
"""Highest threshold that is proposed without recordings of the word."""

CAUTION = 80
"""Of 100 rooms like the one heard, those that keep the budget at the proposed threshold."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A threshold that keeps a budget, as far as what was heard tells."""

    threshold: float
    low: float
    high: float
    """In 90 of 100 rooms like the one heard, the threshold that keeps the budget lies between these."""
    rate: float
    """False wakes an hour expected at the threshold, the most likely number."""
    rate_high: float
    """In 95 of 100 such rooms there are fewer an hour."""
    floored: bool = False
    """The budget would allow a lower threshold than `LOWEST`."""


@dataclass(frozen=True, slots=True)
class NoProposal:
    """Why there is no threshold for this budget."""

    why: str


def propose(
    peaks: Sequence[float], hours: float, budget: Budget, recall_known: bool = False
) -> Proposal | NoProposal:
    """Return the threshold for a budget.

    Args:
        peaks: what each peak would wake at, the highest of all that were heard.
        hours: of sound that they come from.
        budget: what may wake wrongly.
        recall_known: recordings of the word tell what a threshold over `HIGHEST_BLIND` costs.
    """
    needed = 1 / (budget.per_hour * REACH)
    if hours < needed:
        return NoProposal(f"{heard(peaks, hours)}; {budget} asks for {span(needed)}. {so_far(peaks, hours)}")
    if len(peaks) <= tail.HIGHEST:
        why = f"{tail.HIGHEST + 1} peaks are needed to see how fast they fall off"
        return NoProposal(f"{heard(peaks, hours)}; {why}. {so_far(peaks, hours)}")
    best = tail.fit(peaks, hours)
    others = tail.drawn(peaks, hours)
    wanted = [each.threshold(budget.per_hour) for each in others]
    low, cautious, high = (float(at) for at in np.percentile(wanted, (5, CAUTION, 95)))
    cautious = max(cautious, best.threshold(budget.per_hour), _counted(peaks, hours, budget))
    highest = 0.999 if recall_known else HIGHEST_BLIND
    if cautious > highest:
        blind = f"over {highest:g} only recordings of the word tell whether it is still heard"
        why = "no threshold keeps it" if recall_known else blind
        return NoProposal(f"{heard(peaks, hours)}; {budget} asks for a threshold of {cautious:.3f}: {why}")
    step = 1000 if cautious > HIGHEST_BLIND else 100
    threshold = max(LOWEST, math.ceil(cautious * step) / step)
    rates = [each.rate(threshold) for each in others]
    rate_high = float(np.percentile(rates, 95))
    return Proposal(threshold, low, high, best.rate(threshold), rate_high, floored=cautious < LOWEST)


def _counted(peaks: Sequence[float], hours: float, budget: Budget) -> float:
    """Return the threshold below which what was heard itself breaks the budget.

    Some heads hardly ever score at all and then at once near 1: their tail does not tell of that.
    """
    spent = sorted(peaks, reverse=True)[int(budget.per_hour * hours) :]
    return spent[0] + 0.001 if spent else 0.0


def heard(peaks: Sequence[float], hours: float) -> str:
    """Return how much there is to go by."""
    return f"{span(hours)} heard, {len(peaks)} peaks"


def so_far(peaks: Sequence[float], hours: float) -> str:
    """Return what can be said of little: the rule of three, at the highest score that was not passed."""
    top = max(peaks, default=0.0)
    if hours <= 0:
        return "Nothing was heard yet."
    at = math.floor(top * 1000 + 1) / 1000
    return f"None passed {at:.3f}: at that threshold at most {3 / hours:.2g} an hour (rule of three, 95 %)"


def span(hours: float) -> str:
    """Return hours as people say them."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 100 else f"{hours:.0f} h"


def recall(heard: int, said: int) -> str:
    """Return what share of a word's recordings woke, with Wilson's interval of 95 %: `196/200 (95…99 %)`."""
    if not said:
        return "-"
    z2, share = 1.96**2, heard / said
    middle = (share + z2 / (2 * said)) / (1 + z2 / said)
    half = 1.96 / (1 + z2 / said) * math.sqrt(share * (1 - share) / said + z2 / (4 * said**2))
    low, high = 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)
    return f"{heard}/{said} ({low:.0f}…{high:.0f} %)"

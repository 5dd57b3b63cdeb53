"""What would wake: a word's scores through the daemon's own activation code, at any threshold."""

from collections.abc import Iterable
from dataclasses import replace

from edged.geometry import HOP
from edged.stages.heads.activation import Activator, Heard
from edged.stages.heads.rule import Rule


def at_threshold(rule: Rule, threshold: float) -> Rule:
    """Return the same rule with another threshold."""
    return replace(rule, threshold=threshold)


def wakes(scores: Iterable[float], rule: Rule) -> int:
    """Return how often a recording, one score per hop, wakes; the speech gate is not asked."""
    activator = Activator(rule)
    decided = (activator.update(score, (hop + 1) * HOP) for hop, score in enumerate(scores))
    return sum(isinstance(each, Heard) for each in decided)

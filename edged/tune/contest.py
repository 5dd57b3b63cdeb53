"""Several ways to run the same part, measured in turn: whatever the machine does meanwhile weighs on all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from edged.bench.spread import FEWEST, enough, ratio
from edged.tune.question import Answer, Question, ask

MARGIN = 1.05
"""How much cheaper is worth a change, how much dearer counts as worse: no machine repeats itself better."""

Ask = Callable[[Question], Answer | str]


@dataclass(slots=True)
class Way:
    """What one way came to."""

    answers: list[Answer] = field(default_factory=list[Answer])
    why: str = ""
    """Why it was given up."""

    @property
    def costs(self) -> list[float]:
        """Cost of each round."""
        return [each.cost for each in self.answers]

    @property
    def wall_ms(self) -> float:
        """Median wall; see `Answer`."""
        return median(each.wall_ms for each in self.answers)


def contest(
    questions: Mapping[str, Question],
    rounds: int,
    asked: Ask = ask,
    told: Callable[[str], object] = lambda sentence: None,
    *,
    all_or_none: bool = False,
) -> dict[str, Way]:
    """Ask every question once per round, each round in another order; one that fails is given up.

    Args:
        questions: by the name of the way.
        rounds: `FEWEST` at least.
        asked: measures.
        told: hears what goes on.
        all_or_none: where one fails, the others are not needed either.

    Raises:
        ConfigError: too few rounds.
    """
    enough(rounds)
    ways = {name: Way() for name in questions}
    for number in range(rounds):
        names = [name for name in questions if not ways[name].why]
        turn = number % max(1, len(names))
        for name in (names[turn:] + names[:turn])[:: -1 if number % 2 else 1]:
            told(f"round {number + 1} of {rounds}: {name}")
            said = asked(questions[name])
            if isinstance(said, str):
                ways[name].why = said
                if all_or_none:
                    return ways
            else:
                ways[name].answers.append(said)
    return ways


def against(way: Way, other: Way) -> Mapping[str, Any] | None:
    """Return the cost of a way over another's, round by round; None where one was given up."""
    if way.why or other.why or min(len(way.answers), len(other.answers)) < FEWEST:
        return None
    return ratio(way.costs, other.costs)


def is_better(found: Mapping[str, Any]) -> bool:
    """Say whether a ratio is surely, and noticeably, below 1."""
    return found["high"] < 1 and found["median"] < 1 / MARGIN


def is_worse(found: Mapping[str, Any]) -> bool:
    """Say whether a ratio is surely, and noticeably, above 1."""
    return found["low"] > 1 and found["median"] > MARGIN


def best(ways: Mapping[str, Way], now: str) -> str:
    """Return the way that is surely better than the one of now, the cheapest of those; else that of now."""
    found = {name: against(way, ways[now]) for name, way in ways.items() if name != now}
    better = {name: each["median"] for name, each in found.items() if each is not None and is_better(each)}
    return min(better, key=lambda name: better[name]) if better else now


def in_words(found: Mapping[str, Any], of: str) -> str:
    """Return a ratio for people: `0.71 (0.66 … 0.78) of the time of 1, n = 7`."""
    low, high = found["low"], found["high"]
    return f"{found['median']:.2f} ({low:.2f} … {high:.2f}) of the cost of {of}, n = {found['n']}"


def order_of(ways: Mapping[str, Way], wished: Sequence[str]) -> list[str]:
    """Return the ways that ran, cheapest first; those that are not surely apart keep the wished order."""
    left = sorted((name for name in ways if ways[name].answers and not ways[name].why), key=wished.index)
    ranked: list[str] = []
    while left:
        cheapest = min(left, key=lambda name: median(ways[name].costs))
        equals = [
            name
            for name in left
            if name == cheapest or ((found := against(ways[cheapest], ways[name])) and not is_better(found))
        ]
        ranked.append(equals[0])
        left.remove(equals[0])
    return ranked

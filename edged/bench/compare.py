"""Two configurations or backends on the same recordings, in turn: what each costs, and what each hears.

The sides run one round each, A B B A A B B A …, so that heat, clocks and neighbours weigh on both. The first
round of each is not counted: caches fill, and its scores and texts are what is compared.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from edged.bench import apart, side_child
from edged.bench.rounds import MEASURES, UNIT, WARM_ROUNDS, Answer, measured, spreads
from edged.bench.side import Asked, Side
from edged.bench.spread import enough, order, ratio


def run(a: Asked, b: Asked, files: Sequence[Path], rounds: int) -> dict[str, Any]:
    """Compare two sides.

    Args:
        a: the one that counts as 1.
        b: the other.
        files: recordings; a command in one is recognized as well.
        rounds: that count, of each side.

    Raises:
        ConfigError: too few rounds.
        EdgedError: a side cannot be opened, or fails.
    """
    enough(rounds)
    with ExitStack() as opened:
        sides = [opened.enter_context(closing(Side(each, files))) for each in (a, b)]
        first = [side.ask(side_child.KEEP) for side in sides]
        counted: tuple[list[Answer], list[Answer]] = ([], [])
        for turn in order(rounds):
            for which in turn:
                counted[which].append(sides[which].ask(side_child.ROUND))
        about = [side.ask(side_child.ABOUT) for side in sides]
        peaks = [side.ask(side_child.MEMORY) for side in sides]
    found = [measured(answers) for answers in counted]
    return {
        "bench": "compare",
        "unit": UNIT,
        "warm_up_rounds": WARM_ROUNDS,
        "rounds": rounds,
        "order": "ABBA",
        "recordings": [str(file) for file in files],
        "hops": counted[0][0]["hops"],
        "sides": {
            name: {"label": side.label, **said, **spreads(values), "peak_memory_mb": peak}
            for name, side, said, values, peak in zip("ab", sides, about, found, peaks, strict=True)
        },
        "b_over_a": _ratios(*found),
        "scores": apart.scores(first, about, files),
        "decisions": apart.decisions(first, files),
        "texts": apart.texts(first, files),
    }


def _ratios(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """Return B over A; a stage has a ratio where each side ran it on one backend in every round."""
    rows: dict[str, Any] = {}
    rounds = len(a["cpu_s"])
    for stage in dict.fromkeys(key.partition(" ")[0] for key in (*a["stages_ms"], *b["stages_ms"])):
        mine, theirs = (_whole(each["stages_ms"], stage, rounds) for each in (a, b))
        rows[stage] = ratio(theirs, mine) if mine and theirs else None
    whole = {name: ratio(b[name], a[name]) if a[name] and b[name] else None for name in MEASURES}
    return {"stages_ms": rows, **whole}


def _whole(stages: Mapping[str, Sequence[float]], stage: str, rounds: int) -> Sequence[float] | None:
    """Return a stage's rounds where one backend ran it in all of them."""
    found = [values for key, values in stages.items() if key.partition(" ")[0] == stage]
    return found[0] if len(found) == 1 and len(found[0]) == rounds else None

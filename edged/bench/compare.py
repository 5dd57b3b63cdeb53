"""Two configurations or backends on the same recordings, in turn: what each costs, and what each hears.

The sides run one round each, A B B A A B B A …, so that heat, clocks and neighbours weigh on both. The first
round of each is not counted: caches fill, and its scores and texts are what is compared.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from edged.bench import apart, side_child
from edged.bench.side import Asked, Side
from edged.bench.spread import enough, order, ratio, spread
from edged.geometry import HOP_SECONDS

WARM_ROUNDS = 1

MEASURES = ("utterance_ms", "utterances_per_min", "rtf", "cpu_s", "energy_j")
"""Of a whole round, beside the stages."""

UNIT = (
    "of each side over the rounds: median, iqr, mad, n. stages_ms: wall milliseconds per hop of 80 ms"
    " (recognize: of the processor per command); utterance_ms: wall, from a recording's first sample to its"
    " last text, heard as fast as it goes; cpu_s: of the processor per round, all processes;"
    " peak_memory_mb: MiB"
)

Answer = Mapping[str, Any]


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
        sides = [opened.enter_context(Side(each, files)) for each in (a, b)]
        first = [side.ask(side_child.KEEP) for side in sides]
        counted: tuple[list[Answer], list[Answer]] = ([], [])
        for turn in order(rounds):
            for which in turn:
                counted[which].append(sides[which].ask(side_child.ROUND))
        about = [side.ask(side_child.ABOUT) for side in sides]
        peaks = [side.ask(side_child.MEMORY) for side in sides]
    measured = [_measured(answers) for answers in counted]
    return {
        "bench": "compare",
        "unit": UNIT,
        "warm_up_rounds": WARM_ROUNDS,
        "rounds": rounds,
        "order": "ABBA",
        "recordings": [str(file) for file in files],
        "hops": counted[0][0]["hops"],
        "sides": {
            name: {"label": side.label, **said, **_spreads(values), "peak_memory_mb": peak}
            for name, side, said, values, peak in zip("ab", sides, about, measured, peaks, strict=True)
        },
        "b_over_a": _ratios(*measured),
        "scores": apart.scores(first, about, files),
        "decisions": apart.decisions(first, files),
        "texts": apart.texts(first, files),
    }


def _measured(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return each measure round by round; a stage that ran elsewhere in a part of the rounds has fewer."""
    stages: dict[str, list[float]] = {}
    for answer in answers:
        for stage, value in answer["stages_ms"].items():
            stages.setdefault(stage, []).append(value)
    walls = [sum(answer["recordings_ms"]) for answer in answers]
    count = len(answers[0]["recordings_ms"])
    seconds = answers[0]["hops"] * HOP_SECONDS
    energy = [answer["energy_j"] for answer in answers]
    return {
        "stages_ms": stages,
        "utterance_ms": [wall / count for wall in walls],
        "utterances_per_min": [count * 60e3 / wall for wall in walls],
        "rtf": [wall / 1e3 / seconds for wall in walls],
        "cpu_s": [answer["cpu_s"] for answer in answers],
        "energy_j": energy if None not in energy else None,
        "energy_source": answers[0]["energy_source"],
    }


def _spreads(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stages_ms": {stage: spread(each) for stage, each in values["stages_ms"].items()},
        **{name: spread(values[name], 6) if values[name] else None for name in MEASURES},
        "energy_source": values["energy_source"],
        "rounds_utterance_ms": [round(each, 3) for each in values["utterance_ms"]],
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

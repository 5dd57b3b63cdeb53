"""Rounds of one side made into the numbers that are told of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from edged.bench.spread import spread
from edged.geometry import HOP_SECONDS

WARM_ROUNDS = 1

MEASURES = ("utterance_ms", "utterances_per_min", "rtf", "cpu_s", "energy_j")
"""Of a whole round, beside the stages; a recording counts as an utterance."""

UNIT = (
    "of each side over the rounds: median, iqr, mad, n. stages_ms: wall milliseconds per hop of 80 ms"
    " (recognize: of the processor per command); utterance_ms: wall, from a recording's first sample to its"
    " last text, heard as fast as it goes; rtf: that over the recording's length; cpu_s: of the processor per"
    " round, all processes; late_hops: in all rounds, those that took longer than 80 ms; peak_memory_mb: MiB"
)

Answer = Mapping[str, Any]
"""To a round, as `side_child` gives it."""


def measured(answers: Sequence[Answer]) -> dict[str, Any]:
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
        "late_hops": sum(answer["late_hops"] for answer in answers),
    }


def spreads(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return each measure as median with its spread, and every round's time."""
    return {
        "stages_ms": {stage: spread(each) for stage, each in values["stages_ms"].items()},
        **{name: spread(values[name], 6) if values[name] else None for name in MEASURES},
        "energy_source": values["energy_source"],
        "late_hops": values["late_hops"],
        "rounds_utterance_ms": [round(each, 3) for each in values["utterance_ms"]],
    }

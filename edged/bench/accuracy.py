"""How many of the wake words that were said are heard, and how often something else is taken for one.

A recording with the word counts once, however often it wakes; every activation in a recording without any
word is a false accept. Shares have Clopper and Pearson's interval, rates Garwood's, both of 95 %.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from edged.bench.decisions import Decided, decide, decide_at, pieces
from edged.bench.intervals import rate, share
from edged.bench.labelled import Labelled
from edged.config.schema import Config
from edged.geometry import SAMPLE_RATE
from edged.runtime.kit import Kit, open_kit
from edged.runtime.words import Wake
from edged.stages.audio.intake import Intake

THRESHOLDS = (*(round(0.05 * step, 2) for step in range(1, 20)), 0.98, 0.99, 0.995, 0.999)
"""Of the curve, unless others are asked for."""

UNIT = (
    "recall: share of the recordings of a word that wake it; false_accepts: activations in recordings"
    " without any wake word, also per hour; low, high: 95 % intervals (Clopper-Pearson, exact Poisson);"
    " det: this word alone at other thresholds, miss is 1 - recall"
)


@dataclass(slots=True)
class Point:
    """One word at one threshold."""

    missed: int = 0
    false_accepts: int = 0


@dataclass(slots=True)
class Word:
    """What was counted of one word."""

    said: int = 0
    heard: int = 0
    again: int = 0
    """Activations after the first in a recording of the word."""
    missed: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    false: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    confused: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Activations in recordings of another word."""
    curve: dict[float, Point] = field(default_factory=dict[float, Point])


def run(
    config: Config,
    recordings: Sequence[Labelled],
    thresholds: Sequence[float] = THRESHOLDS,
    quiet_s: float = 0.0,
    shown: Callable[[Sequence[Labelled]], Iterable[Labelled]] = iter,
) -> dict[str, Any]:
    """Count what the daemon's own rules make of recordings.

    Args:
        config: words, rules, gates and backends are taken from it.
        recordings: each heard from a fresh start.
        thresholds: of the curve; none: no curve.
        quiet_s: seconds of quiet noise around each recording, for those cut close to the word.
        shown: goes through them and tells a person how far it is.

    Raises:
        AudioInputError: a recording cannot be read.
        EdgedError: as `open_kit`.
    """
    wakes_only = config.model_copy(
        update={"recognize": config.recognize.model_copy(update={"enabled": False})}
    )
    kit = open_kit(wakes_only, background=False)
    try:
        kit.scorers.chains.work()
        counted = _count(kit, wakes_only, shown(recordings), thresholds, quiet_s)
        ran = asdict(kit.scorers.ran)
    finally:
        kit.close()
    words, hours = counted
    rules = {wake.rule.word: asdict(wake.rule) for wake in kit.wakes}
    return {
        "bench": "accuracy",
        "unit": UNIT,
        "ran": ran,
        "recordings": len(recordings),
        "hours": round(sum(hours.values()), 5),
        "negative_recordings": sum(each.word is None for each in recordings),
        "negative_hours": round(hours[False], 5),
        "quiet_s": quiet_s,
        "words": {name: _told(word, rules[name], hours[False]) for name, word in words.items()},
    }


def _count(
    kit: Kit, config: Config, recordings: Iterable[Labelled], thresholds: Sequence[float], quiet_s: float
) -> tuple[dict[str, Word], dict[bool, float]]:
    """Return what was counted of each word, and the hours with and without a wake word."""
    intake = Intake(channel=config.audio.channel, gain_db=config.audio.gain_db)
    words = {
        wake.rule.word: Word(curve={threshold: Point() for threshold in thresholds}) for wake in kit.wakes
    }
    hours = {True: 0.0, False: 0.0}
    for each in recordings:
        decided = decide(kit, config, pieces(each.file, intake, quiet_s))
        hours[each.word is not None] += decided.samples / SAMPLE_RATE / 3600
        for wake in kit.wakes:
            word = words[wake.rule.word]
            _note(word, wake, each, decided)
            for threshold, hits in _hits(wake, thresholds, kit, config, each, decided, quiet_s):
                point = word.curve[threshold]
                point.missed += each.word == wake.rule.word and not hits
                point.false_accepts += hits if each.word is None else 0
    return words, hours


def _note(word: Word, wake: Wake, recording: Labelled, decided: Decided) -> None:
    name = wake.rule.word
    woken = [
        {"file": str(recording.file), "at_s": round(at / SAMPLE_RATE, 2), "score": score}
        for at, which, score in decided.activations
        if which == name
    ]
    if recording.word is None:
        word.false += woken
    elif recording.word != name:
        word.confused += woken
    else:
        word.said += 1
        word.heard += bool(woken)
        word.again += max(0, len(woken) - 1)
        if not woken:
            held = sorted({reason for which, reason in decided.held if which == name})
            peak = round(decided.peak(wake.column), 4)
            word.missed.append({"file": str(recording.file), "peak": peak, "held_by": held})


def _hits(
    wake: Wake,
    thresholds: Sequence[float],
    kit: Kit,
    config: Config,
    recording: Labelled,
    decided: Decided,
    quiet_s: float,
) -> Iterator[tuple[float, int]]:
    """Yield how often a word wakes at each threshold; one that no score reaches needs no second look."""
    if recording.word not in (None, wake.rule.word):
        return
    peak = decided.peak(wake.column)
    reached = [threshold for threshold in thresholds if threshold <= peak]
    yield from ((threshold, 0) for threshold in thresholds if threshold > peak)
    if reached:
        intake = Intake(channel=config.audio.channel, gain_db=config.audio.gain_db)
        sound = pieces(recording.file, intake, quiet_s)
        found = decide_at(reached, wake, kit, config, decided.rows, sound)
        yield from zip(reached, (len(one.activations) for one in found), strict=True)


def _told(word: Word, rule: Mapping[str, Any], hours: float) -> dict[str, Any]:
    low, high = share(word.heard, word.said)
    fewest, most = rate(len(word.false), hours)
    return {
        "rule": dict(rule),
        "said": word.said,
        "heard": word.heard,
        "recall": _rounded(word.heard / word.said if word.said else None),
        "recall_low": _rounded(low if word.said else None),
        "recall_high": _rounded(high if word.said else None),
        "again": word.again,
        "false_accepts": len(word.false),
        "false_accepts_per_hour": _rounded(len(word.false) / hours if hours else None),
        "false_accepts_per_hour_low": _rounded(fewest if hours else None),
        "false_accepts_per_hour_high": _rounded(most),
        "missed": word.missed,
        "false": word.false,
        "confused": word.confused,
        "det": [_point(word, threshold, point, hours) for threshold, point in word.curve.items()],
    }


def _point(word: Word, threshold: float, point: Point, hours: float) -> dict[str, Any]:
    return {
        "threshold": threshold,
        "missed": point.missed,
        "miss": _rounded(point.missed / word.said if word.said else None),
        "false_accepts": point.false_accepts,
        "false_accepts_per_hour": _rounded(point.false_accepts / hours if hours else None),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def table(result: Mapping[str, Any]) -> str:
    """Return a result of `run` as text for people."""
    lines = [
        f"{result['recordings']} recordings, {result['hours']:.3f} h; without a wake word"
        f" {result['negative_recordings']}, {result['negative_hours']:.3f} h",
        "",
    ]
    form = "{:<20}{:>10}{:>26}{:>8}{:>30}"
    lines.append(form.format("word", "threshold", "heard [95 %]", "false", "false per hour [95 %]"))
    for name, word in result["words"].items():
        recall = "-"
        if word["said"]:
            recall = f"{word['heard']}/{word['said']} [{word['recall_low']:.1%} … {word['recall_high']:.1%}]"
        false = "-"
        if word["false_accepts_per_hour"] is not None:
            low, high = word["false_accepts_per_hour_low"], word["false_accepts_per_hour_high"]
            false = f"{word['false_accepts_per_hour']:.2f} [{low:.2f} … {high:.2f}]"
        lines.append(form.format(name, word["rule"]["threshold"], recall, word["false_accepts"], false))
    for name, word in result["words"].items():
        lines += ["", f"{name}: threshold, missed, false accepts"]
        lines += [f"  {p['threshold']:<8}{p['missed']:>8}{p['false_accepts']:>8}" for p in word["det"]]
    return "\n".join(lines)

"""The table counts what a plain count finds, on parts that the threshold was not made from."""

import numpy as np
import pytest

from edged.bench.calibration import SPLITS, Clip, _row, peaks, run, spoken, table
from edged.calibrate.budget import parse
from edged.config.load import load
from edged.config.schema import Heads, Word
from edged.errors import ConfigError
from edged.stages.heads.rule import rule_of
from tests.assets import asset
from tests.daemon import models, write_config

__all__ = ["models"]

RULE = rule_of(Word(name="w"), Heads(), 0)


def clips(seed: int) -> list[Clip]:
    """Clips of 8 s from three sources: low scores, and a rise here and there."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(300):
        scores = 1 / (1 + np.exp(7 - rng.exponential(1.2, 100)))
        made.append(Clip(f"{number}.wav", f"source {number % 3}", scores.astype(np.float32)))
    return made


def plainly(scores: np.ndarray, threshold: float) -> int:
    """Count wakes: over the threshold, then armed again below 0.35, two seconds apart."""
    count, armed, last = 0, True, -26
    for hop, score in enumerate(scores):
        armed = armed or score < min(0.35, threshold)
        if armed and score >= threshold:
            if hop - last >= 25:  # refractory
                count, last, armed = count + 1, hop, False
        elif score < min(0.35, threshold):
            armed = True
    return count


@pytest.mark.parametrize("split", SPLITS)
def test_false_accepts_and_recall_are_counted_on_what_was_held_back(split):
    part_of, is_heard = SPLITS[split]
    negatives, positives = clips(1), [np.array([0.1, value], np.float32) for value in np.linspace(0.3, 1, 15)]
    row = _row(negatives, positives, RULE, parse("100/hour"), part_of, is_heard=is_heard)
    parts = sorted({part_of(clip) for clip in negatives})
    assert row.parts == len(parts) == len(row.proposed)
    accepted, hours = 0, 0.0
    for part, threshold in zip(parts, row.proposed, strict=True):
        held = [clip for clip in negatives if (part_of(clip) == part) != is_heard]
        accepted += sum(plainly(clip.scores, threshold) for clip in held)
        hours += len(held) * 8 / 3600
    assert row.accepted == accepted > 0
    assert row.hours == pytest.approx(hours)
    assert row.allowed == pytest.approx(100 * hours)
    assert row.heard == [
        sum(float(scores[1]) >= threshold for scores in positives) for threshold in row.proposed
    ]


def test_a_part_without_a_proposal_says_why_and_counts_nothing():
    part_of, is_heard = SPLITS["speakers"]
    row = _row(clips(2), [], RULE, parse("1/week"), part_of, is_heard=is_heard)
    assert (row.parts, row.proposed, row.hours, row.accepted) == (2, [], 0.0, 0)
    assert "1/week asks for 16.8 h" in row.why


def test_the_first_hops_of_a_stream_make_no_peak():
    scores = np.array([0.9] * 5 + [0.1] * 20, np.float32)
    assert max(peaks([Clip("a", "b", scores)], RULE)) == pytest.approx(0.1)


def test_real_recordings_make_a_table(models, tmp_path):
    config = load(write_config(tmp_path / "edged.toml", models), {}).config
    negatives, alexa = asset("wake/negative"), asset("wake/positive/openwakeword")
    budgets = [parse("60/hour"), parse("1/week")]
    result = run(config, [spoken(f"alexa={alexa}"), spoken("hey_jarvis")], [negatives], budgets)
    rows = {(row["head"], row["split"], row["budget"]): row for row in result["rows"]}
    assert len(rows) == len(result["rows"]) == 2 * 3 * 2
    found = rows["alexa", "speakers", "60/hour"]
    assert (found["parts"], found["proposals"]) == (2, 2)
    assert found["recall_now"].partition("/")[2].startswith(f"{len(list(alexa.glob('*.wav')))} (")
    assert "asks for 16.8 h" in rows["hey_jarvis", "tenths", "1/week"]["why"]
    assert rows["hey_jarvis", "sources", "60/hour"]["recall"] == "-"
    text = table(result)
    assert "no proposal: " in text
    assert len(text.splitlines()) == 3 + len(rows)


def test_what_cannot_be_measured_is_one_sentence(models, tmp_path):
    config = load(write_config(tmp_path / "edged.toml", models), {}).config
    with pytest.raises(ConfigError, match=r"no recordings \(\.wav, .*\) below"):
        run(config, [spoken("alexa")], [tmp_path], [parse("1/hour")])
    with pytest.raises(ConfigError, match="absent is no folder of recordings"):
        spoken("alexa=absent")

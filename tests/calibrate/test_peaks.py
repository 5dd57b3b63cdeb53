"""A peak is the highest moment of its stretch, and wakes exactly at the thresholds up to its score."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.calibrate.peaks import Deciding, Peak, Peaks
from edged.calibrate.wakes import at_threshold, wakes
from edged.config.schema import Heads, Word
from edged.geometry import HOP
from edged.stages.heads.rule import Rule, rule_of

SCORES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0, math.nan]), max_size=120)


def rule(**values) -> Rule:
    return rule_of(Word(name="w", **values), Heads(), 0)


def picked(values, made: Rule) -> list[Peak]:
    peaks = Peaks(made)
    found = [peaks.push(value) for value in values]
    return [peak for peak in (*found, peaks.end()) if peak is not None]


@given(st.lists(st.floats(0, 1), max_size=200), st.integers(0, 40))
def test_peaks_stand_apart_and_nothing_near_one_is_higher(values, apart):
    made = rule(refractory_s=apart * HOP / 16_000)
    found = picked(values, made)
    assert [peak.score for peak in found] == [values[peak.hop] for peak in found]
    for peak, after in pairwise(found):
        assert after.hop - peak.hop >= max(1, apart)
        assert max(values[peak.hop : peak.hop + max(1, apart)]) == peak.score
    assert (max(values) in [peak.score for peak in found]) if values else not found


@given(SCORES, st.integers(1, 4), st.integers(0, 4), st.floats(0.01, 1))
def test_a_recording_wakes_at_a_threshold_just_when_some_hop_reaches_it(scores, patience, more, threshold):
    made = rule(patience=patience, patience_window=patience + more)
    deciding = Deciding(made)
    highest = max((deciding.push(score) for score in scores), default=0.0)
    assert (wakes(scores, at_threshold(made, threshold)) > 0) == (highest >= threshold)


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_wakes_at_no_threshold(score):
    assert Deciding(rule()).push(score) == 0.0


def test_a_hop_that_is_low_itself_wakes_at_nothing_higher():
    deciding = Deciding(rule(patience=2, patience_window=4))
    assert [deciding.push(score) for score in (0.9, 0.8, 0.1, 0.9)] == [0.0, 0.8, 0.1, 0.9]

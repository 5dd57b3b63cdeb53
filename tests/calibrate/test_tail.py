"""A tail that is exponential on the logit scale is found again, and its two directions agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.calibrate.tail import HIGHEST, Tail, drawn, fit, logit, score


def made(scale: float, count: int, seed: int) -> list[float]:
    levels = -6 + np.random.default_rng(seed).exponential(scale, count)
    return [score(float(level)) for level in levels]


@given(st.floats(-10, 10))
def test_logit_and_score_are_each_others_way_back(level):
    assert float(logit(score(level))) == pytest.approx(level, abs=1e-6)


@given(st.floats(-8, 2), st.floats(0.1, 3), st.floats(0.1, 500), st.floats(1e-4, 100))
def test_the_threshold_for_a_rate_has_that_rate(start, scale, rate_from, wanted):
    tail = Tail(start, scale, rate_from)
    threshold = tail.threshold(wanted)
    if 1e-5 < threshold < 1 - 1e-5:
        assert tail.rate(threshold) == pytest.approx(min(wanted, rate_from), rel=1e-4)


def test_an_exponential_tail_is_found_again():
    scales = [fit(made(1.3, 400, seed), 2.0).scale for seed in range(60)]
    assert np.mean(scales) == pytest.approx(1.3, rel=0.1)  # 60 times 20 peaks: 3 % is chance
    assert fit(made(1.3, 400, 1), 2.0).rate_from == HIGHEST / 2.0


def test_equal_peaks_and_scores_of_one_have_a_tail_too():
    assert fit([1.0] * 30, 1.0).threshold(1.0) == pytest.approx(1.0, abs=1e-4)
    assert fit([0.2] * 30, 1.0).threshold(0.001) < 0.21


def test_rooms_are_drawn_the_same_each_time_and_scatter_as_the_estimate_does():
    assert drawn(made(1.0, 100, 0), 2.0) == drawn(made(1.0, 100, 0), 2.0)
    truth = -6 + np.log(400 / 2.0 / 0.1)
    within = 0
    for seed in range(20):
        found = [tail.threshold(0.1) for tail in drawn(made(1.0, 400, seed), 2.0)]
        low, high = np.percentile(logit(np.array(found)), (5, 95))
        within += low < truth < high
    assert within >= 13  # 18 are aimed at; the highest 20 of 400 peaks are few

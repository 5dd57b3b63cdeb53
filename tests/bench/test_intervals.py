"""Exact intervals are those of the textbook, as scipy has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.bench.intervals import rate, share

stats = pytest.importorskip("scipy.stats")


@given(st.integers(1, 400), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_a_share_has_the_interval_of_clopper_and_pearson(of, data, confidence):
    hits = data.draw(st.integers(0, of))
    exact = stats.binomtest(hits, of).proportion_ci(confidence, method="exact")
    assert share(hits, of, confidence) == pytest.approx((exact.low, exact.high), abs=1e-9)


@given(st.integers(0, 300), st.floats(0.01, 1000))
def test_a_rate_has_the_interval_of_garwood(count, hours):
    low = stats.chi2.ppf(0.025, 2 * count) / 2 / hours if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * count + 2) / 2 / hours
    assert rate(count, hours) == pytest.approx((low, high), rel=1e-9)


def test_nothing_heard_says_nothing():
    assert share(0, 0) == (0.0, 1.0)
    assert rate(0, 0.0) == (0.0, None)
    assert rate(0, 3.0)[1] == pytest.approx(3.689 / 3, abs=1e-3)  # the rule of three, two-sided

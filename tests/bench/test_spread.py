"""Medians with their spread, ratios of pairs with an interval that holds, and no ratio of too few rounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.bench.spread import FEWEST, enough, order, ratio, spread
from edged.errors import ConfigError

times = st.floats(0.1, 100)


def test_a_spread_tells_median_quartiles_and_n():
    found = spread([1.0, 2.0, 3.0, 4.0, 10.0])
    assert found == {"median": 3.0, "iqr": 2.0, "mad": 1.0, "min": 1.0, "max": 10.0, "n": 5}


@given(st.lists(times, min_size=FEWEST, max_size=30), st.floats(0.1, 10))
def test_a_side_that_always_costs_k_times_as_much_has_that_ratio_and_no_width(values, k):
    found = ratio([value * k for value in values], values)
    assert found["low"] == found["median"] == found["high"] == pytest.approx(k, abs=1e-4)
    assert found["n"] == len(values)


@given(st.lists(st.tuples(times, times), min_size=FEWEST, max_size=30))
def test_the_interval_holds_the_median_and_the_same_rounds_give_it_again(pairs):
    over, under = zip(*pairs, strict=True)
    found = ratio(over, under)
    assert found["low"] <= found["median"] <= found["high"]
    assert found == ratio(over, under)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        pairs = rng.lognormal(np.log(2.0), 0.3, 15)
        found = ratio(list(pairs), [1.0] * 15)
        held += found["low"] <= 2.0 <= found["high"]
    assert held >= 180  # of 200; 95 % is what it says, and it is known to be a little too narrow


def test_fewer_than_five_rounds_are_refused_in_a_sentence():
    enough(FEWEST)
    with pytest.raises(ConfigError, match="4 rounds tell nothing of the spread: at least 5"):
        ratio([1.0] * 4, [1.0] * 4)


def test_rounds_that_are_no_pairs_have_no_ratio():
    with pytest.raises(ValueError, match="zip"):
        ratio([1.0] * 6, [1.0] * 5)


@given(st.integers(1, 10))
def test_each_side_begins_as_often_as_the_other(pairs):
    rounds = order(2 * pairs)
    assert [first for first, _ in rounds].count(0) == pairs
    assert all(sorted(each) == [0, 1] for each in rounds)
    assert rounds[:2] == [(0, 1), (1, 0)]

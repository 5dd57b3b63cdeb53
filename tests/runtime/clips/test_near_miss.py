"""A score that came close is told once, with its highest; one that passed never is."""

import math

from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import HOP
from edged.runtime.clips.near_miss import CALM_HOPS, LONGEST_HOPS, NearMiss, NearMisses


def run(scores: list[float], ignored: frozenset[int] = frozenset()) -> dict[int, NearMiss]:
    """Near misses by the hop in which they are told, of a word with threshold 0.5; 0.3 is close."""
    near, found = NearMisses(), {}
    for hop, score in enumerate(scores):
        miss = near.update(score, (hop + 1) * HOP, 0.5, 0.6, ignored=hop in ignored)
        if miss is not None:
            found[hop] = miss
    return found


CALM = [0.0] * CALM_HOPS


def test_a_score_that_came_close_is_told_with_its_highest_once_it_is_over():
    assert run([0.1, 0.35, 0.45, 0.3, *CALM]) == {3 + CALM_HOPS: NearMiss(0.45, 3 * HOP)}


def test_the_bar_itself_is_close_and_what_lies_below_is_not():
    assert list(run([0.3, *CALM]).values()) == [NearMiss(0.3, HOP)]
    assert run([0.299, *CALM]) == {}


def test_a_word_that_was_heard_is_no_near_miss_neither_before_nor_in_its_tail():
    assert run([0.35, 0.45, 0.5, 0.4, 0.0, 0.4, *CALM]) == {}


def test_a_wobble_is_one_rise_and_what_comes_after_half_a_second_another():
    wobble = [0.4, 0.0, 0.0, 0.45, *CALM]
    assert list(run(wobble).values()) == [NearMiss(0.45, 4 * HOP)]
    assert len(run(wobble + wobble)) == 2


def test_a_hum_that_goes_on_is_told_once():
    hum = run([0.4] * 200 + CALM)
    assert list(hum) == [LONGEST_HOPS]


def test_what_came_while_a_command_was_open_is_none():
    assert run([0.4, *CALM], frozenset({0})) == {}


def test_a_gap_forgets_the_rise():
    near = NearMisses()
    near.update(0.4, HOP, 0.5, 0.6, ignored=False)
    near.reset()
    for hop in range(2, 20):
        assert near.update(0.0, hop * HOP, 0.5, 0.6, ignored=False) is None


@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=150))
def test_each_is_close_below_the_threshold_the_highest_of_its_rise_and_never_twice(scores):
    told = run([*scores, *CALM])
    for hop, miss in told.items():
        at = miss.sample // HOP - 1
        assert 0.3 <= miss.score < 0.5
        assert scores[at] == miss.score
        assert hop - at <= LONGEST_HOPS + CALM_HOPS
        rise = [score for score in scores[at : hop + 1] if score >= 0.3]
        assert max(rise) == miss.score
    samples = [miss.sample for miss in told.values()]
    assert samples == sorted(set(samples))

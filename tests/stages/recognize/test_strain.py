"""A smaller model takes over under load or heat, and gives back only after a rest."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.recognize.strain import (
    COOLER_C,
    LONGEST_REST_S,
    RELAPSE_S,
    REST_S,
    SLOW_IN_A_ROW,
    Strain,
    answered,
    felt,
    refused,
)

LIMIT_C = 80.0


def slow(strain: Strain, now: float, times: int = SLOW_IN_A_ROW) -> Strain:
    for _ in range(times):
        strain = answered(strain, audio_s=2.0, took_s=3.0, now=now)
    return strain


def test_three_slow_texts_in_a_row_are_too_many_and_two_are_not():
    strain = slow(Strain(), 0.0, times=2)
    assert not strain.small
    strain = answered(strain, 2.0, 1.0, 0.0)  # in time: the count begins again
    strain = slow(strain, 0.0, times=2)
    assert not strain.small
    strain = slow(strain, 0.0, times=1)
    assert strain.small
    assert "3 texts in a row took longer than their sound, 1.5 times" in strain.why


def test_a_short_sound_is_not_slow_because_of_its_ends():
    strain = Strain()
    for _ in range(10):
        strain = answered(strain, audio_s=0.3, took_s=0.9, now=0.0)
    assert not strain.small


def test_one_refused_utterance_is_enough():
    strain = refused(Strain(), 5.0)
    assert strain.small
    assert "too many utterances" in strain.why


@pytest.mark.parametrize(
    ("celsius", "limit_c", "small"), [(81, 80, True), (80, 80, False), (None, 80, False), (99, 0, False)]
)
def test_heat_counts_above_the_limit_where_there_is_one(celsius, limit_c, small):
    assert felt(Strain(), celsius, limit_c, 0.0).small == small


def test_the_larger_model_comes_back_after_a_rest_and_only_when_it_is_cooler():
    strain = felt(Strain(), LIMIT_C + 1, LIMIT_C, 0.0)
    assert "81 °C, more than smaller_above_c = 80" in strain.why
    assert felt(strain, LIMIT_C - COOLER_C, LIMIT_C, REST_S - 1).small
    assert felt(strain, LIMIT_C - COOLER_C + 1, LIMIT_C, REST_S + 1).small
    back = felt(strain, LIMIT_C - COOLER_C, LIMIT_C, REST_S + 1)
    assert not back.small
    assert "no trouble for 61 s" in back.why


def test_a_relapse_doubles_the_rest_and_a_long_service_forgives_it():
    strain = refused(Strain(), 0.0)
    strain = refused(felt(strain, None, 0.0, REST_S), REST_S + 1)
    assert strain.rest_s == 2 * REST_S
    back = felt(strain, None, 0.0, 4 * REST_S)
    assert refused(back, 4 * REST_S + RELAPSE_S).rest_s == REST_S


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["slow", "fast", "busy", "hot", "warm", "cool"]), st.floats(0.0, 400.0, width=16)
    ),
    max_size=60,
)


@given(STEPS)
def test_it_never_flaps_and_never_stays_small_without_a_reason(steps):
    strain, now, trouble, moves = Strain(), 0.0, 0.0, []
    for what, pause_s in steps:
        now += pause_s
        before = strain
        match what:
            case "slow" | "fast":
                strain = answered(strain, 2.0, 3.0 if what == "slow" else 1.0, now)
            case "busy":
                strain, trouble = refused(strain, now), now
            case _:
                celsius = {"hot": LIMIT_C + 5, "warm": LIMIT_C - 1, "cool": 40.0}[what]
                strain = felt(strain, celsius, LIMIT_C, now)
                if what == "hot":
                    trouble = now
                    assert strain.small
                if what == "cool" and strain.small:
                    assert now - strain.trouble < strain.rest_s
        assert REST_S <= strain.rest_s <= LONGEST_REST_S
        assert strain.trouble <= now
        if strain.small != before.small:
            moves.append((now, strain.small))
            assert strain.why
    for (gone, small), (back, _) in pairwise(moves):
        if small:
            assert back - gone >= REST_S
    if strain.small:
        assert strain.trouble >= trouble or not trouble

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.recognize.words import words

UNITS = st.sampled_from(["▁turn", " on", "mer", " ", "▁", "", "é", "▁a b", " 中"])


@given(st.lists(st.tuples(UNITS, st.floats(-5, 40)), max_size=30), st.floats(0.01, 0.64), st.floats(0, 30))
def test_times_are_monotone_and_within_the_audio(units, frame_s, audio_s):
    found = words([unit for unit, _ in units], [time for _, time in units], frame_s, audio_s)
    times = [time for word in found for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(0 <= time <= audio_s for time in times)


@given(st.lists(UNITS, max_size=30))
def test_no_letter_is_lost(units):
    found = words(units, [0.0] * len(units), 0.04, 1.0)
    said = "".join(units).replace("▁", " ")
    assert "".join(word.text for word in found) == "".join(said.split())
    if "中" not in said:
        assert " ".join(word.text for word in found) == " ".join(said.split())


def test_pieces_are_joined_and_a_word_ends_one_output_after_its_last_piece():
    found = words(["▁turn", "▁ti", "mer", "▁off"], [0.2, 0.5, 0.6, 0.62], 0.04, 2.0)
    assert [(word.text, word.start, word.end) for word in found] == [
        ("turn", 0.2, 0.24),
        ("timer", 0.5, 0.62),
        ("off", 0.62, 0.66),
    ]


def test_letters_with_a_space_unit_are_words():
    found = words(["o", "n", " ", "a"], [0.1, 0.2, 0.3, 0.4], 0.02, 1.0)
    assert [(word.text, word.start) for word in found] == [("on", 0.1), ("a", 0.4)]


def test_each_chinese_character_is_a_word_and_signs_stay_with_what_they_follow():
    found = words(
        ["▁turn", "ed", "开灯", "。", "on", "▁关", "?"], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], 0.04, 2.0
    )
    assert [(word.text, word.start) for word in found] == [
        ("turned", 0.1),
        ("开", 0.3),
        ("灯。", 0.3),
        ("on", 0.5),
        ("关?", 0.6),
    ]


def test_units_that_say_where_they_go_on_are_joined():
    found = words(["hel@@", "lo", "on", "开", "灯", "a@@"], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 0.06, 2.0, "@@")
    assert [(word.text, word.start, word.end) for word in found] == [
        ("hello", 0.1, 0.26),
        ("on", 0.3, 0.36),
        ("开", 0.4, 0.46),
        ("灯", 0.5, 0.56),
        ("a", 0.6, 0.66),
    ]


@given(st.lists(st.sampled_from(["a@@", "b", "@@", "开", "", "开@@"]), max_size=20))
def test_no_letter_is_lost_where_units_say_that_they_go_on(units):
    found = words(units, [0.0] * len(units), 0.06, 1.0, "@@")
    assert "".join(word.text for word in found) == "".join(units).replace("@@", "")


def test_units_and_times_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="zip"):
        words(["▁a"], [], 0.04, 1.0)


def test_a_word_is_as_sure_as_its_pieces_are_on_the_whole():
    found = words(["▁li", "ght", "▁on"], [0.0, 0.1, 0.2], 0.04, 1.0, log_probs=[-0.2, -0.6, -1.0])
    assert [word.confidence for word in found] == [pytest.approx(math.exp(-0.4), abs=1e-4), 0.3679]


def test_without_probabilities_there_is_no_confidence():
    assert [word.confidence for word in words(["▁on", "▁off"], [0.0, 0.1], 0.04, 1.0)] == [None, None]

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.messages import Word
from edged.stages.recognize.alignment import realign

LETTERS = st.text("abc二十五,.", min_size=1, max_size=4)


def heard(*texts):
    """Words of 0.4 s with 0.1 s between."""
    return [Word(text, n * 0.5, n * 0.5 + 0.4, 0.9 - n / 10) for n, text in enumerate(texts)]


def spans(words):
    return [(word.text, word.start, word.end) for word in words]


def test_punctuation_and_capitals_leave_every_time_as_it_was():
    found = realign(heard("turn", "on", "the", "light"), "Turn on, the light.")
    assert spans(found) == [("Turn", 0, 0.4), ("on,", 0.5, 0.9), ("the", 1.0, 1.4), ("light.", 1.5, 1.9)]
    assert [word.confidence for word in found] == [0.9, 0.8, 0.7, pytest.approx(0.6)]


def test_a_number_lasts_as_long_as_the_words_it_stands_for():
    found = realign(heard("at", "twenty", "five", "now"), "at 25 now")
    assert spans(found) == [("at", 0, 0.4), ("25", 0.5, 1.4), ("now", 1.5, 1.9)]
    assert found[1].confidence == 0.7, "as sure as the least sure of them"


def test_numbers_side_by_side_have_each_their_own_time():
    found = realign(heard("ten", "two"), "10 2")
    assert spans(found) == [("10", 0, 0.4), ("2", 0.5, 0.9)]


def test_characters_become_a_number():
    found = realign(heard("我", "有", "二", "十", "五", "个"), "我有25个。")
    assert spans(found) == [("我", 0, 0.4), ("有", 0.5, 0.9), ("25", 1.0, 2.4), ("个。", 2.5, 2.9)]


def test_one_word_that_becomes_two_shares_its_time():
    found = realign([Word("ten-thirty", 1.0, 2.0)], "10 30")
    assert spans(found) == [("10", 1.0, 1.4), ("30", 1.6, 2.0)]


def test_without_times_there_are_none():
    assert realign([], "At 25.") == ()


@given(st.lists(LETTERS, min_size=1, max_size=6), st.text("abcABC 二十五25,.", max_size=20))
def test_all_of_the_text_in_order_of_time_and_within_what_was_heard(texts, text):
    words = heard(*texts)
    found = realign(words, text)
    assert "".join(word.text for word in found) == "".join(text.split())
    times = [time for word in found for time in (word.start, word.end)]
    assert all(one <= other for one, other in pairwise(times))
    assert all(words[0].start <= time <= words[-1].end for time in times)


@given(st.lists(LETTERS, min_size=1, max_size=6))
def test_a_text_that_stayed_as_it_was_keeps_its_first_and_last_moment(texts):
    words = heard(*texts)
    found = realign(words, " ".join(texts))
    assert (found[0].start, found[-1].end) == (words[0].start, words[-1].end)

"""A phrase is recognized in a text that is nothing else, however recognizers write it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.listen.phrases import Phrases, folded

STOP = Phrases(["stop", "never mind", "取消", "Arrête !", "やめて", "그만 해"])


@pytest.mark.parametrize(
    "text",
    [
        *("stop", "Stop.", " STOP ", "stop!", "ＳＴＯＰ"),
        *("never mind", "Nevermind.", "never, mind"),
        *("取消", "取消。", "取 消", " 取消！"),
        *("arrête", "ARRÊTE", unicodedata.normalize("NFD", "Arrête")),
        *("やめて", "やめて。", "그만해", "그만 해."),
    ],
)
def test_case_spaces_signs_and_width_do_not_matter(text):
    assert STOP.match(text)


@pytest.mark.parametrize(
    "text", ["", ".", "stop the music", "non stop", "never", "mind", "取消闹钟", "arrete"]
)
def test_a_text_that_is_more_or_less_or_something_else_is_none(text):
    assert not STOP.match(text)


def test_without_phrases_and_of_phrases_without_letters_nothing_matches():
    assert not any(Phrases(phrases).match(text) for phrases in ([], ["", "?!"]) for text in ("", "?!", "a"))


@given(st.text(max_size=20), st.text(" .,!?。！", max_size=4))
def test_signs_around_and_case_change_nothing_and_folding_twice_is_folding(text, signs):
    assert folded(signs + text.upper() + signs) == folded(text.upper())
    assert folded(folded(text)) == folded(text)

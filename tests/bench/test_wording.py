"""Words that differ are counted as people who compare recognizers count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.bench.wording import error_rate, errors, references, words
from edged.errors import AudioInputError

texts = st.lists(st.sampled_from(["on", "off", "light", "it's"]), max_size=6).map(" ".join)


@pytest.mark.parametrize(
    ("said", "reference", "wrong"),
    [
        ("turn on the light", "Turn on the light!", 0),
        ("turn the light", "turn on the light", 1),
        ("turn on on the light", "turn on the light", 1),
        ("turn off the night", "turn on the light", 2),
        ("", "turn on", 2),
        ("turn on", "", 2),
    ],
)
def test_a_word_that_is_missing_too_many_or_another_counts_one(said, reference, wrong):
    assert errors(said, reference) == wrong


@given(texts, texts, texts)
def test_it_is_a_distance(a, b, c):
    assert errors(a, a) == 0
    assert errors(a, b) == errors(b, a)
    assert errors(a, c) <= errors(a, b) + errors(b, c)
    assert errors(a, b) <= max(len(words(a)), len(words(b)))


def test_the_rate_is_of_all_words_together_and_none_where_there_is_no_word():
    assert error_rate([("a b", "a b c"), ("d", "d")]) == 0.25
    assert error_rate([("a", "")]) is None


def test_a_reference_is_the_text_beside_a_recording_or_a_line_of_a_table(tmp_path):
    one, two = tmp_path / "one.wav", tmp_path / "two.wav"
    (tmp_path / "one.txt").write_text("turn on\n")
    assert references([one, two], None) == {one: "turn on"}
    table = tmp_path / "said.tsv"
    table.write_text(f"one.wav\tturn off\n\n{two}\tgood night\n")
    assert references([one, two], table) == {one: "turn off", two: "good night"}


def test_a_table_that_is_none_has_its_sentence(tmp_path):
    (tmp_path / "said.tsv").write_text("one.wav turn off\n")
    with pytest.raises(AudioInputError, match=r"said\.tsv:1: expected FILE, a tab"):
        references([tmp_path / "one.wav"], tmp_path / "said.tsv")
    with pytest.raises(AudioInputError, match="no such file"):
        references([tmp_path / "one.wav"], tmp_path / "none.tsv")

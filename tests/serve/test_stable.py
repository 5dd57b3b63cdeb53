"""What was handed out is never taken back, and in the end everything was said."""

import hypothesis.strategies as st
from hypothesis import given

from edged.serve.stable import Stable, common

words = st.lists(st.sampled_from(["turn", "on", "the", "light", "lights"]), max_size=6).map(" ".join)


def test_a_word_is_handed_out_once_two_partials_agree_on_it():
    stable = Stable()
    assert [stable.update(text) for text in ("turn", "turn on", "turn on the", "turn on a")] == [
        "",
        "turn",
        " on",
        " ",
    ]
    assert stable.finish("turn on a light") == "a light"


@given(st.lists(words, max_size=8), words)
def test_what_is_handed_out_only_grows_and_ends_as_the_text_where_nothing_was_taken_back(partials, final):
    stable = Stable()
    said = ""
    for text in partials:
        said += stable.update(text)
        assert said == stable.said
    begun = said
    said += stable.finish(final)
    assert said.startswith(begun)
    if final.startswith(begun):
        assert said == final


@given(st.text(max_size=9), st.text(max_size=9))
def test_the_common_beginning_is_the_longest(one, other):
    shared = common(one, other)
    assert one.startswith(shared)
    assert other.startswith(shared)
    assert one[len(shared) : len(shared) + 1] != other[len(shared) : len(shared) + 1] or one == other

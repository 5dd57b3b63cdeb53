"""Subtitles: every word in one cue, none too long to read, broken where people pause."""

from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given

from edged.messages import Word
from edged.runtime.transcribe.cues import GAP_S, LONGEST, LONGEST_S, Cue, cues
from edged.runtime.transcribe.passage import Passage


def spoken(*words: tuple[str, float, float], joiner: str = " ") -> Passage:
    return Passage(0, 480_000, joiner.join(text for text, *_ in words), tuple(Word(*each) for each in words))


def test_a_pause_a_sentence_and_a_full_line_end_a_cue():
    passage = spoken(
        ("It", 0.0, 0.2), ("works.", 0.3, 0.6), ("Does", 0.7, 0.9), ("it", 2.0, 2.1), ("really?", 2.2, 2.6)
    )
    assert list(cues([passage])) == [
        Cue(0.0, 0.6, "It works."),
        Cue(0.7, 0.9, "Does"),
        Cue(2.0, 2.6, "it really?"),
    ]


def test_words_written_without_spaces_stay_without():
    passage = spoken(("你", 0.0, 0.2), ("好", 0.2, 0.4), ("吗", 2.0, 2.2), joiner="")
    assert [cue.text for cue in cues([passage])] == ["你好", "吗"]


def test_without_word_times_a_passage_is_one_cue_and_without_text_none():
    assert list(cues([Passage(16_000, 32_000, "hello"), Passage(32_000, 48_000, "")])) == [
        Cue(1.0, 2.0, "hello")
    ]


@given(
    st.lists(
        st.tuples(st.from_regex(r"[a-z]{1,12}[.?]?", fullmatch=True), st.floats(0, 0.9)),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 30),
)
def test_every_word_is_in_one_cue_and_no_cue_is_too_long(given_words, times):
    at, words = 0.0, []
    for text, pause in given_words * times:
        start, at = at + pause, at + pause + 0.3
        words.append((text, start, at))
    found = list(cues([spoken(*words)]))
    assert " ".join(cue.text for cue in found) == " ".join(text for text, *_ in words)
    assert all(cue.end - cue.start <= LONGEST_S and len(cue.text) <= LONGEST for cue in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    starts = {cue.start for cue in found}
    for before, after in pairwise(words):
        assert after[1] in starts or after[1] - before[2] < GAP_S

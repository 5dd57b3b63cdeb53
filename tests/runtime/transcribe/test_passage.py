"""Times of words: absolute, in order, within their part, whatever the model said."""

import hypothesis.strategies as st
from hypothesis import given

from edged.messages import Transcript, Word
from edged.runtime.transcribe.cuts import Part
from edged.runtime.transcribe.passage import passage, seconds

times = st.floats(-1, 40)
transcripts = st.lists(st.tuples(times, times), max_size=8).map(
    lambda pairs: Transcript("x", tuple(Word("x", *pair) for pair in pairs))
)


@given(st.lists(st.tuples(st.integers(1, 480_000), transcripts), min_size=1, max_size=5))
def test_times_are_in_order_over_a_whole_recording_and_none_lies_beyond_it(stretches):
    at, found = 0, []
    for length, transcript in stretches:
        found.append(passage(Part(at, at + length, True), transcript, 0.0))
        at += length
    moments = [moment for each in found for word in each.words for moment in (word.start, word.end)]
    assert moments == sorted(moments)
    assert all(0 <= moment <= seconds(at) for moment in moments)


def test_times_count_from_the_start_of_the_recording_and_confidence_stays():
    said = Transcript("stop", (Word("stop", 0.25, 0.5, confidence=0.9),))
    assert passage(Part(160_000, 176_000, True), said, 0.1).words == (Word("stop", 10.25, 10.5, 0.9),)

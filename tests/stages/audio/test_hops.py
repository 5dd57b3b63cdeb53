"""Frames hold every sample once, in order, with a clock that counts samples."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import HOP
from edged.stages.audio.hops import hops


@given(st.lists(st.one_of(st.integers(0, 50), st.integers(0, 4 * HOP)), max_size=12))
def test_frames_are_the_pieces_cut_anew(sizes):
    everything = np.arange(sum(sizes)).astype(np.int16)
    frames = list(hops(np.split(everything, np.cumsum(sizes)[:-1]) if sizes else []))
    assert [frame.start for frame in frames] == list(range(0, len(everything), HOP))
    assert all(len(frame.pcm) == HOP for frame in frames[:-1])
    assert all(0 < len(frame.pcm) <= HOP for frame in frames)
    assert np.array_equal(np.concatenate([np.zeros(0, np.int16), *(f.pcm for f in frames)]), everything)


def test_a_frame_comes_as_soon_as_it_is_whole():
    asked = []

    def pieces():
        for index in range(3):
            asked.append(index)
            yield np.zeros(HOP, np.int16)

    next(hops(pieces()))
    assert asked == [0]

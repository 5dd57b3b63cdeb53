import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import HOP
from edged.stages.audio.framer import Framer


@given(
    st.lists(
        st.one_of(st.integers(0, 3000), st.sampled_from([0, 1, HOP - 1, HOP, HOP + 1, 5 * HOP])), max_size=30
    )
)
def test_any_pieces_give_the_hops_of_the_whole(sizes):
    whole = np.arange(sum(sizes), dtype=np.int64).astype(np.int16)
    framer, hops, at = Framer(), [], 0
    for size in sizes:
        given_back = framer.push(whole[at : at + size])
        hops += [hop.copy() for hop in given_back]  # after the call: all of them must still be good
        at += size
        assert len(framer.remainder) == at % HOP
        assert np.array_equal(framer.remainder, whole[at - at % HOP : at])
    count = len(whole) // HOP
    assert len(hops) == count
    assert all(hop.shape == (HOP,) for hop in hops)
    assert np.array_equal(np.concatenate([*hops, framer.remainder]), whole)


def test_reset_forgets_the_remainder():
    framer = Framer()
    framer.push(np.full(700, 9, np.int16))
    framer.reset()
    assert len(framer.remainder) == 0
    (hop,) = framer.push(np.arange(HOP, dtype=np.int16))
    assert np.array_equal(hop, np.arange(HOP))


@pytest.mark.parametrize("wrong", [np.zeros(HOP, np.float32), np.zeros((HOP, 2), np.int16)])
def test_sound_of_another_form_is_refused(wrong):
    with pytest.raises(ValueError, match="int16 samples of one channel"):
        Framer().push(wrong)


def test_memory_does_not_grow_with_the_sound():
    framer, piece = Framer(), np.ones(1000, np.int16)
    framer.push(piece)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(2000):
            framer.push(piece)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1000
    assert peak - before < HOP * 2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import HOP
from edged.stages.recognize.gathering import BATCH, Gathering


@given(st.integers(1, 300), st.lists(st.integers(0, 200), max_size=30))
def test_nothing_is_lost_and_a_message_is_due_as_soon_as_there_is_enough(batch, sizes):
    gathering, taken, said = Gathering(batch), b"", b""
    buffer = np.zeros(200, np.int16)
    for number, size in enumerate(sizes, 1):
        buffer[:] = number  # the caller's own, written again: a copy must have been kept
        waiting = len(said) // 2 - len(taken) // 2
        said += buffer[:size].tobytes()
        due = gathering.add(buffer[:size])
        assert due == (waiting + size >= batch)
        if due:
            taken += gathering.take()
    assert taken + gathering.take() == said
    assert gathering.take() == b""


def test_what_is_not_contiguous_is_taken_as_it_sounds():
    gathering = Gathering(10)
    gathering.add(np.arange(8, dtype=np.int16)[::2])
    assert gathering.take() == np.array([0, 2, 4, 6], np.int16).tobytes()


@pytest.mark.parametrize(("mode", "hops"), [("streaming", 5), ("offline", 63)])
def test_a_process_is_woken_once_in_several_hops(mode, hops):
    gathering = Gathering(BATCH[mode])
    due = [gathering.add(np.ones(HOP, np.int16)) for _ in range(hops)]
    assert due == [False] * (hops - 1) + [True]

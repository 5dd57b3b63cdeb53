"""Sound of a client waits within bounds: its sender waits too, or the oldest goes and is counted."""

import itertools

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from edged.geometry import HOP
from edged.messages import Frame
from edged.runtime.inflow import ROOM, Inflow

pieces = st.lists(st.tuples(st.integers(0, 3 * HOP), st.integers(0, 4)), max_size=60)


def heard(inflow: Inflow) -> list[Frame]:
    frames: list[Frame] = []
    while isinstance(frame := inflow.take(), Frame):
        frames.append(frame)
    return frames


@given(pieces)
def test_a_patient_sender_loses_nothing(sizes):
    said: list[bool] = []
    inflow = Inflow("ws:1", ring=lambda: None, on_room=lambda: said.append(True))
    sent, taken, position = [], [], 0
    for size, takes in sizes:
        pcm = np.arange(position, position + size, dtype=np.int64).astype(np.int16)
        position += size
        sent.append(pcm)
        may_go_on = inflow.put(pcm)
        assert may_go_on == (inflow.waiting < ROOM)
        taken += [frame for _ in range(takes) if isinstance(frame := inflow.take(), Frame)]
        if not may_go_on:
            said.clear()
            taken += heard(inflow)
            assert said == [True], "told once that there is room"
    taken += heard(inflow)
    assert inflow.dropped == 0
    assert all(frame.start == sum(len(f.pcm) for f in taken[:n]) for n, frame in enumerate(taken))
    assert np.array_equal(np.concatenate([f.pcm for f in taken] or [[]]), np.concatenate(sent or [[]]))
    assert all(len(frame.pcm) <= HOP for frame in taken)


@given(pieces)
def test_of_live_sound_the_oldest_goes_and_positions_tell_of_it(sizes):
    inflow = Inflow("wyoming:1", ring=lambda: None)
    taken: list[Frame] = []
    for size, takes in sizes:
        assert inflow.put(np.ones(size, np.int16), live=True)
        assert inflow.waiting <= ROOM
        taken += [frame for _ in range(takes) if isinstance(frame := inflow.take(), Frame)]
    taken += heard(inflow)
    put = sum(size for size, _ in sizes)
    assert sum(len(frame.pcm) for frame in taken) + inflow.dropped == put
    holes = sum(after.start - before.start - len(before.pcm) for before, after in itertools.pairwise(taken))
    assert holes + (taken[0].start if taken else 0) == inflow.dropped


def test_what_waits_is_heard_before_the_end():
    inflow = Inflow("ws:1", ring=lambda: None)
    inflow.put(np.ones(HOP, np.int16))
    inflow.end("end_of_stream")
    inflow.put(np.ones(HOP, np.int16))  # after the end: nobody's
    assert isinstance(inflow.take(), Frame)
    assert inflow.take() == "end_of_stream"


def test_a_sender_that_left_is_heard_no_further():
    inflow = Inflow("ws:1", ring=lambda: None)
    inflow.put(np.ones(10 * HOP, np.int16))
    inflow.cut()
    assert inflow.take() == "end_of_stream"
    assert inflow.waiting == 0

"""The ring answers like a list that remembers only its last samples."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.audio.ring import Ring


def samples(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32768, 32768, count).astype(np.int16)


@given(st.integers(1, 64), st.lists(st.integers(0, 150), max_size=12), st.data())
def test_holds_the_last_capacity_samples(capacity, sizes, data):
    ring = Ring(capacity)
    heard = samples(sum(sizes))
    position = 0
    for size in sizes:
        ring.push(heard[position : position + size])
        position += size
        assert ring.end == position
        assert ring.start == max(0, position - capacity)
        start = data.draw(st.integers(ring.start, ring.end))
        stop = data.draw(st.integers(start, ring.end))
        assert ring.read(start, stop).tolist() == heard[start:stop].tolist()
    assert ring.read(ring.start, ring.end).tolist() == heard[ring.start :].tolist()


@given(
    st.integers(1, 40), st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 90)), min_size=1, max_size=6)
)
def test_a_gap_moves_the_clock_and_forgets_what_was_before(capacity, pieces):
    ring = Ring(capacity)
    for seed, (missing, size) in enumerate(pieces):
        at = ring.end + missing
        ring.reset(at)
        assert (ring.start, ring.end) == (at, at)
        heard = samples(size, seed)
        ring.push(heard)
        assert (ring.start, ring.end) == (max(at, at + size - capacity), at + size)
        assert ring.read(ring.start, ring.end).tolist() == heard[ring.start - at :].tolist()


@pytest.mark.parametrize(("start", "stop"), [(19, 25), (25, 31), (28, 26), (-1, 22)])
def test_what_is_not_held_is_refused_with_both_ranges(start, stop):
    ring = Ring(10)
    ring.push(samples(30))
    with pytest.raises(IndexError, match=rf"samples {start}\.\.{stop} asked, 20\.\.30 held"):
        ring.read(start, stop)


def test_reads_into_room_that_the_caller_brings():
    ring = Ring(10)
    heard = samples(14)
    ring.push(heard)
    room = np.zeros(6, np.int16)
    assert ring.read(7, 13, out=room) is room
    assert room.tolist() == heard[7:13].tolist()
    with pytest.raises(ValueError, match="room for 6 samples given, 5 asked"):
        ring.read(7, 12, out=room)


def test_what_was_read_does_not_change_when_more_is_pushed():
    ring = Ring(8)
    heard = samples(8)
    ring.push(heard)
    copy = ring.read(0, 8)
    ring.push(samples(8, 1))
    assert copy.tolist() == heard.tolist()


def test_pushing_allocates_no_sound():
    ring = Ring(480_000)
    hop = samples(1280)
    ring.push(hop)
    tracemalloc.start()
    for _ in range(800):  # twice round
        ring.push(hop)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < hop.nbytes


def test_a_ring_without_room_is_refused():
    with pytest.raises(ValueError, match="at least one sample"):
        Ring(0)

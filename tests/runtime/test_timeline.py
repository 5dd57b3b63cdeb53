"""The index of a stream keeps to real time over all openings of its source, and every loss has its cause."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import SAMPLE_RATE
from edged.messages import Frame
from edged.runtime.timeline import Timeline


def frame(start: int, samples: int) -> Frame:
    return Frame(start, np.zeros(samples, np.int16))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 100_000),  # samples of time away before an opening
            st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 1280)), min_size=1, max_size=40),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_where_nothing_comes_late_the_index_is_real_time_and_losses_add_up(openings):
    line, now, read, lost_away, lost_by_source = Timeline(), 0, 0, 0, 0
    for number, (away, frames) in enumerate(openings):
        line.reopen()
        now += away if number else 0
        lost_away += away if number else 0
        own = 7 * number  # a source may count from anywhere
        for index, (overrun, samples) in enumerate(frames):
            skipped = overrun if index and overrun > 2000 else 0
            own, now = own + skipped, now + skipped + samples
            placed = line.place(frame(own, samples), now / SAMPLE_RATE)
            own += samples
            read += samples
            lost_by_source += skipped
            assert placed.start == now - samples
            assert (placed.away, placed.overrun) == (lost_away, lost_by_source)
    assert line.end == read + line.away + line.overrun == now


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 5000), st.integers(1, 1280), st.floats(0, 2)), max_size=60
    )
)
def test_whatever_clock_and_source_say_the_index_never_goes_back(steps):
    line, now, own, read = Timeline(), 0.0, 0, 0
    for reopened, jump, samples, waited in steps:
        if reopened:
            line.reopen()
        now += waited
        own = max(0, own + jump - 2500)  # also backwards, as no source should
        before = line.end
        placed = line.place(frame(own, samples), now)
        read += samples
        assert placed.start >= before
        assert line.end == placed.start + samples == read + line.away + line.overrun


def test_frames_that_come_late_do_not_hide_time_away():
    line = Timeline()
    for hop in range(1, 60):
        late = 0.2 if hop % 7 else 0.0
        line.place(frame((hop - 1) * 1280, 1280), hop * 0.08 + late)
    line.reopen()
    back = line.place(frame(0, 1280), 60 * 0.08 + 5.0)
    assert back.start == 59 * 1280 + 5 * SAMPLE_RATE


def test_a_clock_that_runs_apart_from_the_source_is_not_taken_for_time_away():
    line = Timeline()
    for hop in range(1, 200_000):
        line.place(frame((hop - 1) * 1280, 1280), hop * 0.08 * (1 + 100e-6))
    line.reopen()
    back = line.place(frame(0, 1280), 200_000 * 0.08 * (1 + 100e-6) + 1.0)
    assert abs(back.away - SAMPLE_RATE) < SAMPLE_RATE / 1000

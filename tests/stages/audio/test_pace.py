"""A paced source keeps an absolute schedule on a virtual clock, and changes no sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import HOP, HOP_SECONDS
from edged.messages import Frame
from edged.stages.audio.pace import paced


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        self.slept += seconds


class Frames:
    """Frames whose reading takes the stated seconds each."""

    name = "wav"
    rate = 16_000
    live = False

    def __init__(self, clock: Clock, takes: list[float], last: int = HOP) -> None:
        sizes = [HOP] * (len(takes) - 1) + [last]
        self.left = [
            (t, Frame(i * HOP, np.zeros(n, np.int16)))
            for i, (t, n) in enumerate(zip(takes, sizes, strict=True))
        ]
        self.clock = clock
        self.closed = False

    def read(self) -> Frame | None:
        if not self.left:
            return None
        takes, frame = self.left.pop(0)
        self.clock.now += takes
        return frame

    def close(self) -> None:
        self.closed = True


def test_each_frame_comes_when_its_last_sample_was_spoken():
    clock = Clock()
    source = paced(Frames(clock, [0.0] * 4, last=320), clock, clock.sleep)
    times = []
    while source.read() is not None:
        times.append(clock.now - 1000.0)
    assert times == pytest.approx([0.08, 0.16, 0.24, 0.26])


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=40))
def test_delays_never_add_up_and_no_frame_is_early(takes):
    clock = Clock()
    source = paced(Frames(clock, takes), clock, clock.sleep)
    ready = 1000.0
    for index, needed in enumerate(takes):
        due = 1000.0 + (index + 1) * HOP_SECONDS
        ready = max(ready + needed, due)
        assert source.read() is not None
        assert clock.now == pytest.approx(ready)


def test_a_late_frame_is_not_delayed_further():
    clock = Clock()
    source = paced(Frames(clock, [1.0, 0.0]), clock, clock.sleep)
    source.read()
    source.read()
    assert clock.slept == 0.0


def test_pacing_begins_with_the_first_read():
    clock = Clock()
    source = paced(Frames(clock, [0.0]), clock, clock.sleep)
    clock.now += 60.0
    source.read()
    assert clock.slept == pytest.approx(HOP_SECONDS)


def test_the_source_keeps_its_name_and_is_closed():
    clock = Clock()
    inner = Frames(clock, [0.0])
    source = paced(inner, clock, clock.sleep)
    source.close()
    assert (source.name, source.rate, inner.closed) == ("wav", 16_000, True)

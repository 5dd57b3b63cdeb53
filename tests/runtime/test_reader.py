"""One opening of a source on its own thread: frames in order, an end in every state, a hang that is seen."""

import threading

import numpy as np
import pytest

from edged.errors import AudioDeviceLost, ConfigError, EdgedError
from edged.geometry import HOP
from edged.messages import Frame
from edged.runtime.reader import DEPTH, FLOW_S, OPEN_S, Arrived, Reader

LONG_S = 20.0
"""Seconds a test waits for another thread at most."""


class Script:
    """A source that does what it is told: frames, then an error, the end, or a wait."""

    name, rate, live, xruns = "mic", 16_000, True, 0

    def __init__(self, frames: int = 0, then: BaseException | None = None, stubborn: bool = False) -> None:
        self.frames = frames
        self.then = then
        self.stubborn = stubborn
        self.read_so_far = 0
        self.interrupted = threading.Event()
        self.woken = threading.Event()
        self.closed = threading.Event()

    def read(self) -> Frame | None:
        if self.read_so_far < self.frames:
            self.read_so_far += 1
            return Frame((self.read_so_far - 1) * HOP, np.full(HOP, self.read_so_far, np.int16))
        if self.then is not None:
            raise self.then
        (self.woken if self.stubborn else self.interrupted).wait()
        return None

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.closed.set()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def reader_of(source: Script, clock: Clock | None = None) -> Reader:
    reader = Reader("mic:USB", lambda: source, clock or Clock())
    reader.start()
    return reader


def taken(reader: Reader) -> Arrived:
    arrived = reader.take(LONG_S)
    assert arrived is not None
    return arrived


def test_frames_come_in_order_with_the_time_of_their_last_sample():
    clock = Clock()
    clock.now = 7.0
    source = Script(frames=20)
    reader = reader_of(source, clock)
    arrived = [taken(reader) for _ in range(20)]
    assert [one.frame.start for one in arrived] == [HOP * n for n in range(20)]
    assert {one.at for one in arrived} == {7.0}
    assert reader.leave(LONG_S)
    assert source.closed.is_set()


def test_who_does_not_take_makes_the_driver_wait_and_loses_nothing_here():
    source = Script(frames=100)
    reader = reader_of(source)
    assert [taken(reader).frame.start for _ in range(3)] == [0, HOP, 2 * HOP]
    assert source.read_so_far <= 3 + DEPTH + 1
    assert reader.leave(LONG_S)


@pytest.mark.parametrize("error", [AudioDeviceLost("mic:USB: gone"), ConfigError("mic:USB: two of them")])
def test_what_the_source_says_is_told_once_its_frames_were_taken(error):
    reader = reader_of(Script(frames=2, then=error))
    assert taken(reader).frame.start == 0
    assert taken(reader).frame.start == HOP
    with pytest.raises(type(error), match="mic:USB"):
        reader.take(LONG_S)
    assert reader.leave(LONG_S)


def test_what_cannot_be_opened_is_told():
    def opening() -> Script:
        raise AudioDeviceLost("mic:USB: no such card")

    reader = Reader("mic:USB", opening, Clock())
    reader.start()
    with pytest.raises(AudioDeviceLost, match="no such card"):
        reader.take(LONG_S)


def test_a_driver_that_breaks_in_a_way_of_its_own_is_a_lost_microphone_with_its_words(caplog):
    reader = reader_of(Script(then=OSError(19, "No such device")))
    with pytest.raises(AudioDeviceLost, match=r"mic:USB: OSError: .*No such device"):
        reader.take(LONG_S)
    assert "a driver broke" in caplog.text


def test_a_live_source_that_just_ends_is_lost():
    source = Script()
    source.interrupted.set()
    reader = reader_of(source)
    with pytest.raises(AudioDeviceLost, match="ended"):
        reader.take(LONG_S)


def test_a_read_that_hangs_is_seen_by_the_clock_and_can_be_left_behind():
    clock = Clock()
    source = Script(frames=1, stubborn=True)
    reader = reader_of(source, clock)
    taken(reader)
    clock.now = FLOW_S
    assert reader.take(0) is None
    clock.now = FLOW_S + 0.1
    with pytest.raises(AudioDeviceLost, match=r"mic:USB: hangs: nothing came for 1\.6 s"):
        reader.take(0)
    assert not reader.leave(0.01)
    assert not reader.ended
    source.woken.set()  # it wakes at last, and gives back what it holds
    assert source.closed.wait(LONG_S)
    assert reader.leave(LONG_S)


def test_an_opening_that_hangs_is_left_behind_and_closes_what_it_opens_too_late():
    clock, opened, source = Clock(), threading.Event(), Script(frames=5)

    def opening() -> Script:
        opened.wait()
        return source

    reader = Reader("mic:USB", opening, clock)
    reader.start()
    clock.now = OPEN_S
    assert reader.take(0) is None
    clock.now = OPEN_S + 0.1
    with pytest.raises(AudioDeviceLost, match="does not open"):
        reader.take(0)
    assert not reader.leave(0.01)
    opened.set()
    assert source.closed.wait(LONG_S)
    assert source.read_so_far == 0
    assert reader.leave(LONG_S)


def test_told_to_end_from_another_thread_a_wait_for_sound_is_over():
    reader = reader_of(Script())
    threading.Timer(0.01, reader.tell_to_end).start()
    with pytest.raises(EdgedError, match="ended"):
        reader.take(LONG_S)
    assert reader.leave(LONG_S)


def test_a_reading_that_was_never_started_has_ended():
    assert Reader("mic:USB", Script, Clock()).leave(0)

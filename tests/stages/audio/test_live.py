"""Frames of a live feed keep count of what was lost, and no wait for one goes on for ever."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import AudioDeviceLost, ConfigError
from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.live import Live, Sound
from tests.stages.audio.live_sources import ramp

FULL = np.float32(32_768)


class Script:
    """A feed that delivers what is written, and takes its time as written: the clock is its own."""

    what = "script"

    def __init__(self, *acts: "Sound | Exception | None", each_s: float = 0.0) -> None:
        self.acts = list(acts)
        self.each_s = each_s
        self.now = 0.0
        self.closed = self.rung = False

    def clock(self) -> float:
        return self.now

    def receive(self, timeout_s: float) -> Sound | None:
        if self.rung or not self.acts:
            return None
        act = self.acts.pop(0)
        if isinstance(act, TimeoutError):
            self.now += timeout_s
        if isinstance(act, Exception):
            raise act
        self.now += self.each_s
        return act

    def interrupt(self) -> None:
        self.rung = True

    def close(self) -> None:
        self.closed = True


def mono(samples: np.ndarray, lost: int = 0, rate: int = SAMPLE_RATE) -> Sound:
    return Sound((samples / FULL).astype(np.float32)[:, None], rate, lost)


def live(feed: Script, intake: Intake = AS_IT_IS) -> Live:
    return Live(feed, intake, clock=feed.clock)


def frames(source: Live) -> list:
    return list(iter(source.read, None))


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 5000) | st.just(0)), min_size=1, max_size=30))
def test_every_sample_is_in_its_place_or_in_a_jump_of_the_index(pieces):
    sounds, at, losses = [], 0, 0
    for size, lost in pieces:
        at += lost
        losses += lost > 0
        sounds.append(mono(ramp(size, at), lost))
        at += size
    source = live(Script(*sounds))
    heard = frames(source)
    end = 0
    for frame in heard:
        assert frame.start >= end
        assert frame.pcm.tolist() == ramp(HOP, frame.start).tolist()
        end = frame.start + HOP
    assert source.xruns == losses
    holes = [(at, lost) for (_, lost), at in zip(pieces, starts(pieces), strict=True) if lost]
    missing = at - len(heard) * HOP
    # lost, and at most the rest of a hop before each hole and at the end
    assert missing <= sum(lost for _, lost in holes) + (len(holes) + 1) * (HOP - 1)


def starts(pieces):
    at = 0
    for size, lost in pieces:
        yield at
        at += size + lost


def test_what_was_lost_is_counted_at_16_khz_whatever_the_rate():
    quiet = np.zeros((9600, 2), np.float32)
    source = live(Script(Sound(quiet, 48_000), Sound(quiet, 48_000, lost=4800)))
    heard = frames(source)
    assert [frame.start for frame in heard] == [0, HOP, 4800, 4800 + HOP]
    assert source.rate == 48_000


def test_a_thousand_losses_of_a_part_of_a_sample_do_not_add_up_to_a_wrong_time():
    piece = np.zeros((4410, 1), np.float32)
    source = live(Script(Sound(piece, 44_100), *[Sound(piece, 44_100, lost=1)] * 1000))
    last = frames(source)[-1]
    before = 999 * (4410 + 1) * SAMPLE_RATE // 44_100  # the resampler still holds back the last piece
    assert last.start == before


def test_a_feed_may_change_its_rate_and_channels_and_the_index_goes_on():
    first, second = mono(ramp(2 * HOP)), Sound(np.zeros((6 * HOP, 2), np.float32), 48_000)
    source = live(Script(first, second))
    assert [frame.start for frame in frames(source)] == [0, HOP, 2 * HOP]
    assert source.xruns == 0


def test_channel_and_gain_are_those_asked_for():
    both = np.stack([np.full(HOP, 0.5), np.full(HOP, 0.01)], axis=1).astype(np.float32)
    (frame,) = frames(live(Script(Sound(both, SAMPLE_RATE)), Intake(channel=1, gain_db=20.0)))
    assert set(frame.pcm.tolist()) == {round(0.1 * 32_768)}


def test_a_channel_that_is_not_there_is_refused_at_once_and_the_feed_closed():
    feed = Script(mono(ramp(10)))
    with pytest.raises(ConfigError, match=r"^script: channel 1 asked for, but it has 1, counted from 0$"):
        live(feed, Intake(channel=1))
    assert feed.closed


def test_a_channel_that_goes_away_is_a_microphone_that_went_away():
    both = Sound(np.zeros((HOP, 2), np.float32), SAMPLE_RATE)
    source = live(Script(both, mono(ramp(HOP))), Intake(channel=1))
    assert source.read() is not None
    with pytest.raises(AudioDeviceLost, match="channel 1 asked for, but it has 1"):
        source.read()


def test_a_feed_that_never_begins_is_lost_and_closed():
    feed = Script(TimeoutError())
    with pytest.raises(AudioDeviceLost, match=r"^script: no sound for 5 s; "):
        live(feed)
    assert feed.closed


def test_a_feed_that_falls_silent_is_lost_after_a_second():
    feed = Script(mono(ramp(HOP)), TimeoutError())
    source = live(feed)
    assert source.read() is not None
    with pytest.raises(AudioDeviceLost, match=r"^script: no sound for 1 s; "):
        source.read()
    assert feed.now == pytest.approx(1.0)


def test_a_sample_now_and_then_is_no_flow():
    feed = Script(*[mono(ramp(1))] * 100, each_s=0.3)
    source = live(feed)
    with pytest.raises(AudioDeviceLost, match="no sound for 1 s"):
        source.read()
    assert feed.now < 2


def test_a_failure_of_the_feed_is_passed_on_as_it_is():
    source = live(Script(mono(ramp(10)), AudioDeviceLost("script: gone")))
    with pytest.raises(AudioDeviceLost, match=r"^script: gone$"):
        source.read()


def test_after_an_interrupt_nothing_is_read_even_what_was_there():
    feed = Script(mono(ramp(5 * HOP)))
    source = live(feed)
    assert source.read() is not None
    other = threading.Thread(target=source.interrupt)
    other.start()
    other.join(10)
    assert source.read() is None
    assert feed.rung


def test_closing_closes_the_feed_and_ends_the_frames():
    feed = Script(mono(ramp(5 * HOP)))
    source = live(feed)
    source.close()
    source.close()
    assert source.read() is None
    assert feed.closed

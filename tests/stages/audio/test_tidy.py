"""Live sound is tidied as asked, sample by sample in its place; recordings never are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import DITHER_RMS, HOP, SAMPLE_RATE
from edged.messages import Frame
from edged.stages.audio.dither import STILL, Dither
from edged.stages.audio.tidy import tidied
from tests.sounds import noise


class Frames:
    """A microphone, or a recording, of planned frames."""

    name = "mic"
    rate = 48_000

    def __init__(self, frames: list[Frame], live: bool = True) -> None:
        self.live = live
        self.left = frames
        self.closed = self.interrupted = False

    def read(self) -> Frame | None:
        return self.left.pop(0) if self.left else None

    def interrupt(self) -> None:
        self.interrupted = True

    def close(self) -> None:
        self.closed = True


def frames(pcm: np.ndarray, size: int = HOP, start: int = 0) -> list[Frame]:
    return [Frame(start + at, pcm[at : at + size]) for at in range(0, len(pcm), size)]


def heard(source) -> np.ndarray:
    return np.concatenate([frame.pcm for frame in iter(source.read, None)])


def rms(pcm: np.ndarray) -> float:
    return float(np.sqrt(np.square(pcm, dtype=np.float64).mean()))


MUTED = np.concatenate([noise(5, 20, 300.0) + np.int16(2_000), np.zeros(20 * HOP, np.int16)])


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("remove_dc", [True, False])
@pytest.mark.parametrize("dither", [True, False])
def test_each_is_done_where_it_is_wanted_and_only_there(live, remove_dc, dither):
    pcm = heard(tidied(Frames(frames(MUTED), live), remove_dc, dither))
    if not live or not (remove_dc or dither):
        assert np.array_equal(pcm, MUTED)
    assert (abs(int(pcm[10 * HOP : 20 * HOP].mean())) < 100) is (live and remove_dc)
    assert (rms(pcm[-10 * HOP :]) > 0.9 * DITHER_RMS) is (live and dither)


def test_no_stretch_of_a_muted_microphone_is_digital_silence_not_even_while_its_offset_fades():
    pcm = heard(tidied(Frames(frames(MUTED)), remove_dc=True, dither=True))
    muted = pcm[20 * HOP + STILL :].astype(float)
    rough = np.diff(muted)[: len(muted) // 200 * 200 - 200].reshape(-1, 200)
    assert np.sqrt((rough**2).mean(axis=1)).min() > DITHER_RMS


@given(st.lists(st.tuples(st.integers(1, HOP), st.sampled_from([0, 0, 0, 5_000])), min_size=1, max_size=20))
def test_every_frame_keeps_its_place_and_length(plan):
    planned, at = [], 0
    for size, lost in plan:
        at += lost
        planned.append(Frame(at, MUTED[at % 9_000 :][:size]))
        at += size
    source = tidied(Frames(list(planned)), remove_dc=True, dither=True)
    told = list(iter(source.read, None))
    assert [(f.start, len(f.pcm), f.pcm.dtype) for f in told] == [
        (f.start, len(f.pcm), np.int16) for f in planned
    ]


def test_behind_a_gap_the_noise_goes_on_by_sample_index_and_the_offset_begins_anew():
    zeros, other = np.zeros(HOP, np.int16), np.full(HOP, -3_000, np.int16)
    plan = [*frames(zeros), Frame(10 * HOP, zeros), Frame(20 * HOP, other)]
    source = tidied(Frames(plan), remove_dc=False, dither=True)
    told = [source.read() for _ in range(3)]
    whole = Dither().push(np.zeros(11 * HOP, np.int16))
    assert np.array_equal(told[0].pcm, whole[:HOP])
    assert np.array_equal(told[1].pcm[STILL:], whole[10 * HOP + STILL :])
    clean = heard(tidied(Frames([*frames(zeros), Frame(20 * HOP, other)]), remove_dc=True, dither=False))
    assert not clean.any()


def test_it_is_the_source_it_wraps():
    inner = Frames(frames(np.zeros(SAMPLE_RATE, np.int16)))
    source = tidied(inner, remove_dc=True, dither=True)
    assert (source.name, source.rate, source.live) == ("mic", 48_000, True)
    source.interrupt()
    source.close()
    assert inner.interrupted
    assert inner.closed

"""Noise takes the place of digital silence and of nothing else, the same in every run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import DITHER_RMS, HOP, SAMPLE_RATE
from edged.stages.audio.dither import STILL, Dither
from tests.sounds import noise


def silent_by_hand(pcm: np.ndarray) -> np.ndarray:
    """Where one value has stood for more than STILL samples, counted one by one; full scale is sound."""
    found, run = np.zeros(len(pcm), bool), 0
    for i, value in enumerate(pcm):
        run = run + 1 if i and value == pcm[i - 1] else 1
        found[i] = run > STILL and -32_768 < value < 32_767
    return found


RUNS = st.lists(
    st.tuples(st.integers(1, 3 * STILL), st.sampled_from([0, 0, 1, -1, 700, 32_767, -32_768])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(RUNS, st.lists(st.integers(1, 500), min_size=1, max_size=8))
def test_what_stands_still_is_replaced_all_else_passes_and_pieces_change_nothing(runs, sizes):
    pcm = np.concatenate([np.full(length, value, np.int16) for length, value in runs])
    kept = pcm.copy()
    dither, cut = Dither(), Dither()
    out = dither.push(pcm)
    silent = silent_by_hand(pcm)
    assert np.array_equal(out[~silent], pcm[~silent])
    assert dither.replaced == silent.sum()
    assert np.abs(out.astype(int) - pcm).max() < 6 * DITHER_RMS
    assert np.array_equal(pcm, kept)
    at, turn, parts = 0, 0, []
    while at < len(pcm):
        size = sizes[turn % len(sizes)]
        parts.append(cut.push(pcm[at : at + size]))
        at, turn = at + size, turn + 1
    assert np.array_equal(np.concatenate(parts), out)


def test_the_noise_is_ten_lsb_rms_white_and_the_same_every_time():
    zeros = np.zeros(4 * SAMPLE_RATE, np.int16)
    out = Dither().push(zeros)[STILL:].astype(np.float64)
    assert np.sqrt((out**2).mean()) == pytest.approx(DITHER_RMS, rel=0.02)
    power = np.abs(np.fft.rfft(out[:32_000].reshape(-1, 320), axis=1)) ** 2
    bands = power.mean(axis=0)[1:-1].reshape(-1, 3).mean(axis=1)
    assert bands.max() / bands.min() < 2
    assert np.array_equal(Dither().push(zeros)[STILL:], out)


def test_sound_passes_bit_for_bit_without_a_copy():
    pcm = noise(3, 20)
    dither = Dither()
    assert dither.push(pcm) is pcm
    assert dither.replaced == 0


def test_a_stream_that_begins_in_silence_is_dithered_after_the_same_time():
    assert np.flatnonzero(Dither().push(np.zeros(HOP, np.int16)))[0] >= STILL
    assert Dither().push(np.zeros(HOP, np.int16))[STILL : STILL + 20].any()

"""A constant offset goes and sound stays, whatever the pieces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import SAMPLE_RATE
from edged.stages.audio.dc import DcRemoval
from tests.sounds import noise

SOUND = noise(4, 40)[: 3 * SAMPLE_RATE]


def pieces(samples: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    cuts: list[int] = []
    while sum(cuts) < len(samples):
        cuts.append(sizes[len(cuts) % len(sizes)])
    return np.split(samples, np.cumsum(cuts)[:-1])


@pytest.mark.parametrize("offset", [-16_000, 1_500])
def test_an_offset_that_begins_in_mid_stream_is_gone_within_a_second(offset):
    shifted = SOUND + np.where(np.arange(len(SOUND)) < SAMPLE_RATE, 0, offset).astype(np.int16)
    with_it, without = (DcRemoval().push(pcm).astype(int) for pcm in (shifted, SOUND))
    assert abs(with_it - without)[SAMPLE_RATE] > 0.9 * abs(offset)
    assert abs(with_it - without)[2 * SAMPLE_RATE :].max() <= 1


def test_an_offset_that_was_always_there_makes_no_thump_at_the_start():
    assert not DcRemoval().push(np.full(SAMPLE_RATE, 12_000, np.int16)).any()


@pytest.mark.parametrize("hertz", [50.0, 100.0, 1_000.0])
def test_the_speech_band_loses_less_than_a_tenth_of_a_decibel(hertz):
    tone = np.rint(20_000 * np.sin(2 * np.pi * hertz * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE))
    out = DcRemoval().push(tone.astype(np.int16))[SAMPLE_RATE:].astype(np.float64)
    assert abs(10 * np.log10((out**2).mean() / (tone**2).mean())) < 0.1


@settings(max_examples=50)
@given(st.lists(st.integers(1, 6_000), min_size=1, max_size=9))
def test_the_pieces_change_nothing(sizes):
    pcm = (SOUND[:20_000] // 2 + 9_000).astype(np.int16)
    cut = DcRemoval()
    parts = [cut.push(piece) for piece in pieces(pcm, sizes)]
    assert np.abs(np.concatenate(parts).astype(int) - DcRemoval().push(pcm)).max() <= 1


def test_no_sample_wraps_around_at_the_ends_of_the_scale():
    pcm = np.repeat(np.array([-32_768, 32_767, -32_768], np.int16), 4_000)
    out = DcRemoval().push(pcm)
    assert out[4_000:8_000].min() > 0
    assert out[8_000:].max() < 0

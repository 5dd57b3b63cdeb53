"""A constant offset goes and sound stays, whatever the rate and the pieces."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.audio.convert import Converter
from edged.stages.audio.dc import DcRemoval
from edged.stages.audio.intake import Intake
from edged.stages.audio.recording import Recording
from edged.stages.audio.stdin import Stdin

LSB = 1 / 32768


def hiss(samples: int, rms: float = 0.01, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=samples) * rms).astype(np.float32)


def pieces(samples: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    cuts: list[int] = []
    while sum(cuts) < len(samples):
        cuts.append(sizes[len(cuts) % len(sizes)])
    return np.split(samples, np.cumsum(cuts)[:-1])


@pytest.mark.parametrize("rate", [4_000, 16_000, 44_100, 48_000, 384_000])
@pytest.mark.parametrize("offset", [-0.5, 0.05])
def test_an_offset_that_begins_in_mid_stream_is_gone_within_a_second(rate, offset):
    sound = hiss(3 * rate)
    shifted = sound + np.where(np.arange(3 * rate) < rate, 0, offset).astype(np.float32)
    with_it, without = DcRemoval(rate).push(shifted), DcRemoval(rate).push(sound)
    assert np.abs(with_it[rate] - without[rate]) > 0.9 * abs(offset)
    assert np.abs(with_it - without)[2 * rate :].max() < LSB / 2


def test_an_offset_that_was_always_there_makes_no_thump_at_the_start():
    out = DcRemoval(SAMPLE_RATE).push(np.full(SAMPLE_RATE, 0.4, np.float32))
    assert np.abs(out).max() < LSB / 2


@pytest.mark.parametrize("rate", [4_000, 16_000, 48_000, 384_000])
@pytest.mark.parametrize("hertz", [50.0, 100.0, 1_000.0])
def test_the_speech_band_loses_less_than_a_tenth_of_a_decibel(rate, hertz):
    tone = np.sin(2 * np.pi * hertz * np.arange(2 * rate) / rate).astype(np.float32)
    out = DcRemoval(rate).push(tone)[rate:].astype(np.float64)
    assert abs(10 * np.log10((out**2).mean() * 2)) < 0.1


@settings(max_examples=50)
@given(st.sampled_from([4_000, 16_000, 48_000]), st.lists(st.integers(1, 6_000), min_size=1, max_size=9))
def test_the_pieces_change_nothing(rate, sizes):
    sound = hiss(20_000, rms=0.2) + np.float32(0.3)
    whole, cut = DcRemoval(rate), DcRemoval(rate)
    assert np.abs(whole.push(sound) - np.concatenate([cut.push(p) for p in pieces(sound, sizes)])).max() < LSB
    assert cut.offset == pytest.approx(whole.offset, abs=1e-9)


def test_the_offset_can_be_read():
    removal = DcRemoval(SAMPLE_RATE)
    assert removal.offset == 0.0
    removal.push(hiss(2 * SAMPLE_RATE) + np.float32(0.25))
    assert removal.offset == pytest.approx(0.25, abs=0.005)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_the_intake_takes_an_offset_out_before_gain_can_make_it_clip(rate):
    sound = hiss(3 * rate, rms=0.002) + np.float32(0.2)
    kept = Converter(rate, Intake(gain_db=20)).push(sound[:, None])
    assert kept.max() == 32_767
    cleaned = Converter(rate, Intake(gain_db=20, remove_dc=True)).push(sound[:, None])
    assert np.abs(cleaned.astype(np.float64).mean()) < 2
    assert cleaned.max() < 5_000


@pytest.mark.parametrize("kind", ["wav", "stdin"])
def test_recordings_and_pipes_keep_their_offset_bit_for_bit(tmp_path, kind):
    pcm = (hiss(3 * HOP, rms=0.01) * 32_768 + 4_000).astype(np.int16)
    tidy = Intake(remove_dc=True)
    if kind == "wav":
        soundfile.write(tmp_path / "a.wav", pcm, SAMPLE_RATE)
        source = Recording(tmp_path / "a.wav", tidy)
    else:
        source = Stdin(io.BytesIO(pcm.tobytes()), SAMPLE_RATE, tidy)
    assert np.array_equal(np.concatenate([source.read().pcm for _ in range(3)]), pcm)
    source.close()

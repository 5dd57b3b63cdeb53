"""Steady noise goes down and speech stays, in frames of any number, late by what is stated."""

import numpy as np
import pytest

from edged.geometry import DITHER_RMS, HOP, SAMPLE_RATE
from edged.stages.denoise.speex import DELAY, FRAME, Suppressor
from tests.test_imports import without


def hiss(samples: int, rms: float, seed: int = 5) -> np.ndarray:
    return (np.random.RandomState(seed).standard_normal(samples) * rms).astype(np.int16)


def syllables(samples: int) -> np.ndarray:
    """Bursts of a voice-like sound, three a second."""
    t = np.arange(samples) / SAMPLE_RATE
    voice = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 20))
    return (voice * 2500 * (np.sin(2 * np.pi * 3 * t) > 0.3)).astype(np.int16)


def rms(pcm: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(pcm, dtype=np.float64))))


def snr_db(pcm: np.ndarray, clean: np.ndarray) -> float:
    """Of the best fit of the clean sound in it."""
    pcm, clean = pcm.astype(np.float64), clean.astype(np.float64)
    fitted = clean * (pcm @ clean) / (clean @ clean)
    return 10 * np.log10((fitted**2).sum() / ((pcm - fitted) ** 2).sum())


def test_noise_goes_down_by_ten_decibels_and_more_within_two_seconds():
    noise = hiss(4 * SAMPLE_RATE, 500)
    cleaned = Suppressor().push(noise)
    assert rms(cleaned[2 * SAMPLE_RATE :]) < rms(noise) * 10 ** (-10 / 20)


def test_the_distance_between_speech_and_noise_grows():
    speech = syllables(6 * SAMPLE_RATE)
    noisy = speech + hiss(len(speech), 1200)
    cleaned = Suppressor().push(noisy)
    late = slice(2 * SAMPLE_RATE, -DELAY)
    before = snr_db(noisy[late], speech[late])
    after = snr_db(cleaned[2 * SAMPLE_RATE + DELAY :], speech[late])
    assert after > before + 3, (before, after)


@pytest.mark.parametrize("level", [0, 3, 10])
def test_a_quiet_room_never_becomes_digital_silence(level):
    cleaned = Suppressor().push(hiss(2 * SAMPLE_RATE, level))
    assert rms(cleaned) == pytest.approx(DITHER_RMS, rel=0.3)
    assert rms(cleaned[:DELAY]) > DITHER_RMS / 2
    assert np.array_equal(Suppressor().push(hiss(2 * SAMPLE_RATE, level)), cleaned)


def test_what_comes_out_is_late_by_the_delay():
    speech = syllables(3 * SAMPLE_RATE) + hiss(3 * SAMPLE_RATE, 20)
    cleaned = Suppressor().push(speech)
    assert len(cleaned) == len(speech)
    fits = [snr_db(cleaned[SAMPLE_RATE:][:HOP], speech[SAMPLE_RATE - late :][:HOP]) for late in range(400)]
    assert int(np.argmax(fits)) == DELAY


def test_hop_by_hop_is_the_same_as_all_at_once():
    noise = hiss(20 * HOP, 800)
    whole, hops = Suppressor().push(noise), Suppressor()
    assert np.array_equal(
        np.concatenate([hops.push(noise[at : at + HOP]) for at in range(0, len(noise), HOP)]), whole
    )


def test_two_streams_know_nothing_of_each_other_and_a_reset_forgets_all():
    one, other = Suppressor(), Suppressor()
    noise = hiss(10 * HOP, 800)
    fresh = one.push(noise)
    other.push(syllables(10 * HOP))
    assert not np.array_equal(one.push(noise), fresh)
    one.reset()
    assert np.array_equal(one.push(noise), fresh)


@pytest.mark.parametrize(
    "pcm", [np.zeros(FRAME + 1, np.int16), np.zeros(FRAME, np.float32), np.zeros((FRAME, 1), np.int16)]
)
def test_what_would_be_read_beyond_its_end_is_refused(pcm):
    with pytest.raises(ValueError, match="expected frames of 160 int16"):
        Suppressor().push(pcm)


def test_without_the_library_it_is_one_sentence_with_the_way_out():
    code = (
        "from edged.errors import ProviderUnavailable\n"
        "from edged.stages.denoise.speex import Suppressor\n"
        "try:\n    Suppressor()\nexcept ProviderUnavailable as exc:\n    raise SystemExit(str(exc))"
    )
    status, said = without(("speexdsp_ns",), code)
    assert status == 1
    assert said.startswith("speex: [denoise] path: No module named 'speexdsp_ns'; install speexdsp-ns")
    assert said.count("\n") == 1

import numpy as np
import pytest

from edged.backends.cpu.mel import Mel, MelBasis
from edged.backends.cpu.session import open_session
from edged.geometry import CONTEXT, HOP, MEL_BINS, MEL_PER_HOP, STEP_SAMPLES
from edged.graphs import mel_filters
from tests.oww_models import model
from tests.sounds import chirps, noise


@pytest.fixture(scope="module")
def basis() -> MelBasis:
    return MelBasis(mel_filters.read(model("melspectrogram.onnx")))


@pytest.fixture(scope="module")
def reference():
    session = open_session(model("melspectrogram.onnx"), "reference")
    return lambda pcm: session.run(None, {"input": pcm[None].astype(np.float32)})[0].reshape(-1, 32) / 10 + 2


def click() -> np.ndarray:
    """One loud sample in near silence: most cells fall under the clip."""
    pcm = noise(5, 2, 1.0)[:STEP_SAMPLES]
    pcm[900] = 32767
    return pcm


SOUNDS = {
    "quiet": noise(1, 2, 5.0)[:STEP_SAMPLES],
    "loud": noise(2, 2, 12000.0)[:STEP_SAMPLES],
    "voice-like": chirps(2)[:STEP_SAMPLES],
    "tone": (9000 * np.sin(2 * np.pi * 440 * np.arange(STEP_SAMPLES) / 16_000)).astype(np.int16),
    "click": click(),
    "full scale": np.where(np.arange(STEP_SAMPLES) % 40 < 20, 32767, -32768).astype(np.int16),
    "digital silence": np.zeros(STEP_SAMPLES, np.int16),
}


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("first", [False, True])
def test_frames_equal_the_model_within_a_thousandth_of_a_decibel(basis, reference, name, first):
    pcm, mel = SOUNDS[name], np.empty((MEL_PER_HOP, MEL_BINS), np.float32)
    Mel(basis).step(pcm, first, out=mel)
    expected = reference(pcm[CONTEXT:] if first else pcm)
    assert np.abs(mel[-len(expected) :] - expected).max() <= 1e-4  # of x / 10
    assert len(expected) == (5 if first else 8)


def test_the_clip_belongs_to_the_call_and_not_to_the_sound_before_it(basis):
    after_quiet, after_loud = (np.empty((MEL_PER_HOP, MEL_BINS), np.float32) for _ in range(2))
    for before, out in (("quiet", after_quiet), ("full scale", after_loud)):
        mel = Mel(basis)
        mel.step(SOUNDS[before], False, out=out)
        mel.step(SOUNDS["click"], False, out=out)
    assert np.array_equal(after_quiet, after_loud)


def test_what_was_before_the_first_hop_neither_sounds_nor_clips(basis, reference):
    pcm, mel = SOUNDS["click"].copy(), np.empty((MEL_PER_HOP, MEL_BINS), np.float32)
    pcm[:CONTEXT] = SOUNDS["loud"][:CONTEXT]
    Mel(basis).step(pcm, True, out=mel)
    assert np.abs(mel[3:] - reference(pcm[CONTEXT:])).max() <= 1e-4
    assert (mel[:3] == 1.0).all()


def test_no_product_is_large_enough_to_wake_the_other_cores(basis):
    _, _, taps, columns = basis.dft.shape
    assert MEL_PER_HOP * taps * columns < 2**18
    assert HOP == MEL_PER_HOP * 160

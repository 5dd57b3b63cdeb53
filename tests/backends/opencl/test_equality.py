"""Every way to cut the work computes what the CPU computes."""

import numpy as np
import pytest

from edged.backends.cpu.session import open_session
from edged.backends.opencl.designs import CHOICES, Choice
from edged.backends.opencl.features import OpenClFeatures
from edged.geometry import (
    CONTEXT,
    HISTORY,
    HOP,
    MEL_BINS,
    MEL_HOP,
    MEL_PER_HOP,
    PRIME_FRAMES,
    SAMPLE_RATE,
)
from edged.graphs import mel_filters
from edged.graphs.mel_filters import CLIP_DB, FLOOR, WINDOW
from tests import pocl
from tests.backends.opencl.sounds import HOPS, models, pieces, references, scores

GATE = 1e-3
"""Absolute, of fp32: embeddings reach 70."""
HALF_GATE = 0.01
"""Relative RMS, of fp16."""
THRESHOLD = 0.5
TAKEN_OVER = HOPS // 2


def features(choice: Choice, precision: str = "fp32") -> OpenClFeatures:
    return OpenClFeatures(*models(), pocl.device(), choice=choice, precision=precision)


def in_turn(opened: OpenClFeatures) -> tuple[np.ndarray, np.ndarray]:
    """Mel (8, 130, 8, 32) and embeddings (8, 130, 96) of eight streams, fed one hop each in turn.

    Half way every stream is taken over by another one, which knows the last 80 mel frames of it.
    """
    known = references()
    streams = [opened.stream() for _ in known]
    mels, embeddings = [], []
    for hop in range(HOPS):
        if hop == TAKEN_OVER:
            streams = [opened.stream() for _ in known]
            for stream, mel in zip(streams, mels_until(mels), strict=True):
                stream.prime(mel)
        answers = [
            stream.step(each.pieces[hop], hop == 0) for stream, each in zip(streams, known, strict=True)
        ]
        mels.append([mel.copy() for mel, _ in answers])
        embeddings.append([embedding.copy() for _, embedding in answers])
    return np.array(mels).swapaxes(0, 1), np.array(embeddings).swapaxes(0, 1)


def mels_until(mels: list) -> np.ndarray:
    return np.array(mels).swapaxes(0, 1).reshape(len(references()), -1, MEL_BINS)[:, -PRIME_FRAMES:]


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_eight_streams_in_turn_get_what_the_cpu_computes(choice):
    known = references()
    assert len(known) * HOPS >= 1000
    mels, embeddings = in_turn(features(choice))
    assert np.abs(mels - np.stack([each.mels for each in known])).max() <= GATE
    assert np.abs(embeddings - np.stack([each.embeddings for each in known])).max() <= GATE
    for each, mine in zip(known, embeddings, strict=True):
        mine = scores(mine)
        assert np.abs(mine - each.scores).max() <= GATE
        assert np.array_equal(mine >= THRESHOLD, each.scores >= THRESHOLD)


@pytest.mark.parametrize("choice", [Choice("pair", 2, "device"), Choice("single", 4, "cpu")], ids=str)
def test_half_storage_stays_within_one_percent(choice):
    _, embeddings = in_turn(features(choice, "fp16"))
    expected = np.stack([each.embeddings for each in references()]).astype(np.float64)
    error = np.sqrt(((embeddings - expected) ** 2).mean() / (expected**2).mean())
    assert 0 < error <= HALF_GATE


def test_the_recordings_hold_words_and_other_sounds():
    peaks = np.stack([each.scores[HISTORY:].max(axis=0) for each in references()])
    assert (peaks.max(axis=0) > 0.9).sum() >= 2
    assert (peaks.max(axis=1) < 0.1).sum() >= 2


T = np.arange(CONTEXT + 20 * HOP)
EXTREMES = {
    "zeros": T * 0,
    "a pure tone at full scale": 32767 * np.sin(2 * np.pi * 1000 / SAMPLE_RATE * T),
    "a clipped tone": 32767 * np.sign(np.sin(2 * np.pi * 333 / SAMPLE_RATE * T)),
    "one click a hop": 20000 * (T % HOP == 100),
    "the least that is not zero": np.random.RandomState(1).randint(-1, 2, T.size),
}
CANCELLED = {
    "stuck at the top": T * 0 + 32767,
    "up and down at every sample": np.where(T % 2, 32767, -32768),
    "up and down by one": T % 2,
}
"""Nothing of these lies in any band: what is left is where sums of large numbers failed to cancel."""


@pytest.mark.parametrize("mel", ["device", "cpu"])
def test_extreme_sound_is_computed_as_on_the_cpu(mel, cpu):
    opened = features(Choice("single", 4, mel))
    for name, sound in EXTREMES.items():
        mine, expected = opened.stream(), cpu.stream()
        for hop, piece in enumerate(pieces(sound[CONTEXT:].astype(np.int16))):
            answers = zip(mine.step(piece, hop == 0), expected.step(piece, hop == 0), strict=True)
            assert all(np.abs(one - other).max() <= GATE for one, other in answers), (name, hop)


def test_what_cancels_is_as_close_to_the_truth_as_openwakeword_s_own_model():
    filters = mel_filters.read(models()[0])
    stream = features(Choice("single", 4, "device")).stream()
    original = open_session(models()[0], "melspectrogram")
    for name, sound in CANCELLED.items():
        (piece,) = pieces(sound[CONTEXT : CONTEXT + HOP].astype(np.int16))
        piece = np.concatenate([piece[CONTEXT : 2 * CONTEXT], piece[CONTEXT:]])  # no step at the start
        truth = exactly(piece, filters)
        mine, _ = stream.step(piece, False)
        (theirs,) = original.run(None, {"input": piece[None].astype(np.float32)})
        error = np.abs(theirs.reshape(truth.shape) / 10 + 2 - truth).max()
        assert np.abs(mine - truth).max() <= max(GATE, 2 * error), name


def exactly(piece: np.ndarray, filters: mel_filters.MelFilters) -> np.ndarray:
    """Mel frames in float64."""
    windows = np.lib.stride_tricks.sliding_window_view(piece.astype(np.float64), WINDOW.stop - WINDOW.start)
    waves = windows[WINDOW.start :: MEL_HOP][:MEL_PER_HOP] @ filters.dft.astype(np.float64)
    half = waves.shape[1] // 2
    power = (waves[:, :half] ** 2 + waves[:, half:] ** 2) @ filters.mel.astype(np.float64)
    bands = np.log10(np.maximum(power, FLOOR)) + 2
    return np.maximum(bands, bands.max() - CLIP_DB / 10)

"""int16 of edged to the float32 that sherpa-onnx wants, and the dither that stands in for silence.

sherpa-onnx takes int16 arrays too, unscaled: 32768 times too loud and the text is wrong, without a word.
"""

import math

import numpy as np
from numpy.typing import NDArray

from edged.errors import AudioInputError
from edged.geometry import DITHER_RMS, RING_SECONDS, SAMPLE_RATE
from edged.stages.recognize.recognizer import Pcm

Floats = NDArray[np.float32]

MAX_SAMPLES = RING_SECONDS * SAMPLE_RATE
"""Longest utterance: what the ring can hold. Attention models grow with its square."""

PIECE = SAMPLE_RATE // 2
"""Most samples given to sherpa-onnx at once: it holds the interpreter lock while it computes their features
(about 0.5 ms of 0.5 s), and the sign of life waits so long."""

SCALE = np.float32(1 / 32768)


def to_float(pcm: Pcm) -> Floats:
    """Return samples within -1..1, shape (n,).

    Raises:
        AudioInputError: not one channel of int16.
    """
    if pcm.dtype != np.int16 or pcm.ndim != 1:
        raise AudioInputError(f"recognizer: needs mono int16, was given {pcm.ndim}-D {pcm.dtype}")
    return pcm * SCALE


def dither(samples: int) -> Floats:
    """Return noise of 10 LSB rms, the same every time: exact zeros make models hear things."""
    noise = np.random.default_rng(0).normal(scale=DITHER_RMS / 32768, size=max(samples, 0))
    return noise.astype(np.float32)


def padding(samples: int, min_audio_s: float, tail_s: float) -> int:
    """Return how many samples of dither to append to an utterance of so many samples."""
    return max(0, round(min_audio_s * SAMPLE_RATE) - samples) + round(tail_s * SAMPLE_RATE)


def loudest_dbfs(samples: Floats) -> float:
    """Return the RMS of the loudest tenth of a second, of full scale; -inf where there is none."""
    tenth = SAMPLE_RATE // 10
    whole = len(samples) // tenth * tenth
    blocks = samples[:whole].reshape(-1, tenth) if whole else samples[np.newaxis]
    loudest = float(np.square(blocks).mean(axis=1).max()) if len(samples) else 0.0
    return 10 * math.log10(loudest) if loudest > 0 else -math.inf

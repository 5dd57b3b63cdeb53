"""What a program calls sound, a file or an array of samples, to int16 mono at 16 kHz."""

from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from edged.errors import AudioInputError
from edged.stages.audio.convert import FULL_SCALE, Converter
from edged.stages.audio.recording import read_all
from edged.stages.audio.spec import HIGHEST_RATE, LOWEST_RATE
from edged.stages.recognize.recognizer import Pcm

Samples = NDArray[np.int16] | NDArray[np.float32] | NDArray[np.float64]
"""Shape (n,) or (n, channels): int16, or floats of full scale 1.0."""

FORMS = ("int16", "float32", "float64")
"""What samples may be."""


def checked(pcm: object) -> Pcm:
    """Return a piece of a stream, which comes from a program that no type checker may have read.

    Raises:
        AudioInputError: not int16 samples of one channel.
    """
    if not isinstance(pcm, np.ndarray):
        raise AudioInputError(f"expected a numpy array of int16 samples, got {type(pcm).__name__}")
    array = cast("NDArray[Any]", pcm)
    if array.ndim != 1 or array.dtype != np.int16:
        raise AudioInputError(
            f"expected int16 samples of one channel at 16 kHz, got {array.dtype} of shape {array.shape}"
        )
    return array


def sound(audio: object, rate: int, max_s: float) -> Pcm:
    """Return shape (n,), int16, mono, 16 kHz.

    Args:
        audio: the path of a wav, flac, ogg or mp3 file, or `Samples`.
        rate: samples per second of an array; a file knows its own.
        max_s: longest sound taken, seconds.

    Raises:
        AudioInputError: no such sound, or a longer one.
    """
    if isinstance(audio, str | Path):
        return read_all(Path(audio), max_s)
    if not isinstance(audio, np.ndarray):
        raise AudioInputError(f"expected a path or a numpy array of samples, got {type(audio).__name__}")
    array = cast("NDArray[Any]", audio)
    if array.dtype.name not in FORMS or array.ndim not in (1, 2) or not array.size:
        wanted = "int16 samples, or floats of full scale 1.0, of shape (n,) or (n, channels)"
        raise AudioInputError(f"expected {wanted}; got {array.dtype} of shape {array.shape}")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioInputError(f"{rate} samples per second; {LOWEST_RATE} to {HIGHEST_RATE} can be taken")
    if len(array) > max_s * rate:
        raise AudioInputError(f"{len(array) / rate:.1f} s of sound; at most {max_s:g} s can be taken")
    scale = np.float32(1 / FULL_SCALE if array.dtype == np.int16 else 1)
    samples = array.reshape(len(array), -1).astype(np.float32) * scale
    if not np.isfinite(samples).all():
        raise AudioInputError("a sample is NaN or infinite")
    converter = Converter(rate)
    return np.concatenate([converter.push(samples), converter.finish()])

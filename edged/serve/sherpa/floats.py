"""Samples as sherpa-onnx's clients send them, checked: people send int16 or WAV files by mistake. Pure."""

import numpy as np

from edged.errors import EdgedError
from edged.stages.recognize.recognizer import Pcm

LOUDEST = 4.0
"""Beyond full scale by 12 dB: no float sound is, and int16 taken for floats nearly always."""


class NotFloats(EdgedError):
    """What came is no float32 sound; the sentence is for the client."""


def to_int16(data: bytes, first: bool = False) -> Pcm:
    """Return samples, shape (n,), of float32 little-endian, full scale 1.0.

    first: nothing came before: the beginning of a file would be told by its magic.

    Raises:
        NotFloats: it is something else.
    """
    if first and data[:4] in (b"RIFF", b"fLaC", b"OggS"):
        raise NotFloats("that is a file: send its samples as float32, 16 kHz, mono")
    if len(data) % 4:
        raise NotFloats(f"{len(data)} bytes are no float32 samples")
    samples = np.frombuffer(data, "<f4")
    with np.errstate(invalid="ignore"):
        if not (np.abs(samples) <= LOUDEST).all():
            raise NotFloats("samples far beyond full scale: send float32 between -1 and 1, no int16")
    return np.rint(np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)

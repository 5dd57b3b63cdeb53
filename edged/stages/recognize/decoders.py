"""A model becomes a decoder: checked, loaded and tried, in the process that sherpa-onnx may end."""

import numpy as np

from edged.errors import ModelError
from edged.geometry import SAMPLE_RATE
from edged.stages.recognize.recognizer import Decoder, Options
from edged.stages.recognize.requests import Load
from edged.stages.recognize.samples import dither

FIRST_DECODE_S = 0.5
"""Seconds of noise decoded before `ready`: some bad models load and die on first use."""

REFUSED = (RuntimeError, ValueError, IndexError, AssertionError, MemoryError)
"""What sherpa-onnx raises where it does not end the process (2.0.1, tried case by case)."""


def open_decoder(load: Load) -> Decoder:
    """Check, load and try a model.

    Raises:
        ModelError: it cannot be used. sherpa-onnx may end the process instead.
    """
    from edged.stages.recognize.building import form_of
    from edged.stages.recognize.offline import OfflineDecoder
    from edged.stages.recognize.preflight import preflight
    from edged.stages.recognize.streaming import StreamingDecoder

    numbers = preflight(load)
    make = StreamingDecoder if load.mode == "streaming" else OfflineDecoder
    try:
        decoder: Decoder = make(load, numbers)
        session = decoder.open(Options())
        session.accept((dither(int(FIRST_DECODE_S * SAMPLE_RATE)) * 32768).astype(np.int16))
        session.finish()
    except REFUSED as exc:
        where = ", ".join(load.files[role] for role in form_of(load).graphs)
        raise ModelError(f"{where}: sherpa-onnx refuses it ({sentence(exc)})") from exc
    return decoder


def sentence(exc: BaseException) -> str:
    """Return the first line of an error, or its kind where it says nothing."""
    lines = str(exc).strip().splitlines()
    return lines[0][:300] if lines else type(exc).__name__

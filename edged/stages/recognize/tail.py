"""How much sound a streaming model needs behind an utterance to say everything of it, measured on the model.

A model decodes a window of sound at a time and nothing of one that is not full. Manifests copy the 0.66 s of
sherpa-onnx's examples, which cuts the last word of models with longer windows
(OHF-Voice/wyoming-faster-whisper#125), and what a model says of its window need not be what is waited for.
"""

from typing import Any

from edged.errors import ModelError
from edged.geometry import SAMPLE_RATE
from edged.stages.recognize.samples import dither

STEP = SAMPLE_RATE // 100
"""Samples per step of the measurement: one feature frame."""

LONGEST = 10 * SAMPLE_RATE
"""Samples after which a model that decoded nothing is no streaming model."""

ROUNDS = 3
"""Windows measured: the first may be longer than those that follow, or shorter."""


def measure_tail(recognizer: Any, name: str) -> float:
    """Return the seconds of sound within which the model `name` decodes whatever came before them.

    Sound that just missed a window is decoded with the next one: the longest wait for a window is enough.

    Raises:
        ModelError: it waits for more than 10 s.
        RuntimeError: onnxruntime failed.
    """
    stream = recognizer.create_stream()
    step = dither(STEP)
    longest = waited = rounds = 0
    while rounds < ROUNDS:
        if waited >= LONGEST:
            seconds = LONGEST // SAMPLE_RATE
            raise ModelError(f"{name}: decodes nothing of {seconds} s of sound; use it with mode = 'offline'")
        stream.accept_waveform(SAMPLE_RATE, step)
        waited += STEP
        if recognizer.is_ready(stream):
            recognizer.decode_stream(stream)
            longest = max(longest, waited)
            waited, rounds = 0, rounds + 1
    return longest / SAMPLE_RATE

"""Text of a clip through sherpa-onnx 2.0.1, whole or in blocks as they come from a microphone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sherpa_onnx
from features import DITHER, RATE

TAIL_S = 0.3
"""Seconds of dither appended by default; see CARD.md for the measurement."""
BLOCK = 1280
"""Samples per block when streaming, 80 ms."""


def offline(folder: Path) -> sherpa_onnx.OfflineRecognizer:
    """The whole-clip recognizer of a model folder, one thread."""
    return sherpa_onnx.OfflineRecognizer.from_nemo_ctc(
        model=str(folder / "offline.onnx"),
        tokens=str(folder / "tokens.txt"),
        num_threads=1,
        decoding_method="greedy_search",
        provider="cpu",
    )


def streaming(folder: Path) -> sherpa_onnx.OnlineRecognizer:
    """The streaming recognizer of a model folder, one thread."""
    return sherpa_onnx.OnlineRecognizer.from_nemo_ctc(
        model=str(folder / "streaming.onnx"),
        tokens=str(folder / "tokens.txt"),
        num_threads=1,
        decoding_method="greedy_search",
        provider="cpu",
    )


def pad(samples: np.ndarray, tail_s: float) -> np.ndarray:
    """`samples` (float32, 16 kHz) and `tail_s` seconds of dither; digital zeros are never heard."""
    dither = np.random.default_rng(0).normal(0, DITHER, round(tail_s * RATE))
    return np.concatenate([samples, dither]).astype(np.float32)


def transcribe(
    recognizer: sherpa_onnx.OfflineRecognizer | sherpa_onnx.OnlineRecognizer,
    samples: np.ndarray,
    tail_s: float = TAIL_S,
) -> str:
    """Greedy text of one clip, shape (n,), float32, 16 kHz, full scale is 1."""
    padded = pad(samples, tail_s)
    stream = recognizer.create_stream()
    if isinstance(recognizer, sherpa_onnx.OfflineRecognizer):
        stream.accept_waveform(RATE, padded)
        recognizer.decode_stream(stream)
        return stream.result.text.strip()
    for start in range(0, len(padded), BLOCK):
        stream.accept_waveform(RATE, padded[start : start + BLOCK])
        while recognizer.is_ready(stream):
            recognizer.decode_stream(stream)
    stream.input_finished()
    while recognizer.is_ready(stream):
        recognizer.decode_stream(stream)
    return recognizer.get_result(stream).strip()

"""Log-mel features exactly as sherpa-onnx 2.0.1 computes them for streaming NeMo CTC models.

    python features.py MODEL_DIR     # compares with sherpa-onnx's own `stream.get_frames`

That is kaldi's fbank with a Hann window, no removal of the mean and librosa's (Slaney) mel bank
from 0 to 8000 Hz. sherpa-onnx 2.0.0 and older use other features here: its version is part of the
model.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np

RATE = 16000
"""Sample rate, Hz."""
DITHER = 3e-4
"""RMS of the noise that is below every clip, full scale is 1 (about 10 steps of 16 bits)."""
BINS = 80
"""Mel bins per frame."""
WINDOW = 400
"""Samples per frame, 25 ms."""
SHIFT = 160
"""Samples between frames, 10 ms."""
FFT = 512
"""Samples of the zero-padded frame."""
PREEMPHASIS = 0.97
TOLERANCE = 1e-4
"""Largest difference from sherpa-onnx that counts as equal, natural logarithm."""


def _mel(hz: np.ndarray) -> np.ndarray:
    """Slaney mel scale: linear below 1000 Hz, logarithmic above."""
    low = hz * 3 / 200
    return np.where(hz < 1000, low, 15 + np.log(np.maximum(hz, 1e-9) / 1000) * 27 / np.log(6.4))


@cache
def mel_bank() -> np.ndarray:
    """Triangles of unit area between 0 and 8000 Hz, shape (FFT // 2 + 1, BINS)."""
    top = float(_mel(np.array(RATE / 2)))
    mels = np.linspace(0, top, BINS + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
    hz = np.arange(FFT // 2 + 1)[:, None] * RATE / FFT
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((hz - left) / (centre - left), (right - hz) / (right - centre))
    return (np.maximum(triangles, 0) * 2 / (right - left)).astype(np.float32)


@cache
def window() -> np.ndarray:
    """Periodic Hann window, shape (WINDOW,)."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Features of one clip.

    Args:
        samples: shape (n,), float32, 16 kHz, full scale is 1.

    Returns:
        Shape (round(n / SHIFT), BINS), float32, natural logarithm of the mel energies. As in
        kaldi with `snip_edges` off, frames are centred on their shift and the ends are mirrored.
    """
    count = (len(samples) + SHIFT // 2) // SHIFT
    side = (WINDOW - SHIFT) // 2
    padded = np.pad(samples.astype(np.float32), (side, WINDOW), mode="symmetric")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::SHIFT][:count]
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = np.fft.rfft((frames - PREEMPHASIS * before) * window(), FFT)
    power = spectrum.real**2 + spectrum.imag**2
    return np.log(np.maximum(power @ mel_bank(), np.finfo(np.float32).eps)).astype(np.float32)


def difference(folder: Path) -> float:
    """Largest difference from the streaming recognizer of a model folder, over 3 s of noise."""
    from decode import streaming

    rng = np.random.default_rng(0)
    loudness = np.repeat(10 ** rng.uniform(-4, -0.5, 30), RATE // 10)
    samples = (rng.normal(0.01, 1, len(loudness)) * loudness).astype(np.float32)
    stream = streaming(folder).create_stream()
    stream.accept_waveform(RATE, samples)
    stream.input_finished()
    ours = log_mel(samples)
    theirs = np.reshape(stream.get_frames(0, len(ours)), (-1, BINS))
    return float(np.abs(ours - theirs).max())


if __name__ == "__main__":
    worst = difference(Path(sys.argv[1]))
    print(f"largest difference {worst:.1e}: {'equal' if worst < TOLERANCE else 'DIFFERENT'}")
    sys.exit(worst >= TOLERANCE)

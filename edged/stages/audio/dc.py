"""A constant offset taken out of a live stream: what cheap microphones add to all they hear."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CUTOFF_HZ = 3.0
"""A one-pole high-pass: an offset of half of full scale is below half an LSB after 0.6 s, and 50 Hz loses
0.016 dB."""

_SLICE = 2048
"""Samples filtered at once: within them, even at 4 kHz, the powers below stay far from what float64 holds."""


class DcRemoval:
    """One stream's high-pass; what comes out does not depend on the pieces that go in."""

    def __init__(self, rate: int) -> None:
        """`rate`: samples per second of what will be pushed."""
        decay = math.exp(-2 * math.pi * CUTOFF_HZ / rate)
        self._falling = decay ** np.arange(1, _SLICE + 1)
        self._rising = (1 / decay - 1) * decay ** -np.arange(_SLICE, dtype=np.float64)
        self._offset: float | None = None

    @property
    def offset(self) -> float:
        """The offset now, in the unit of the samples; 0 before the first one."""
        return self._offset or 0.0

    def push(self, samples: Floats) -> Floats:
        """Take finite samples, shape (n,), any n; return them without their offset, shape (n,).

        The filter starts at the first sample, as if it had been there for ever: no thump at the start.
        """
        out = np.empty_like(samples)
        for at in range(0, len(samples), _SLICE):
            piece = samples[at : at + _SLICE]
            # offset[k] = decay * offset[k - 1] + (1 - decay) * piece[k], as one running sum
            before = float(piece[0]) if self._offset is None else self._offset
            followed = np.cumsum(piece * self._rising[: len(piece)])
            followed += before
            followed *= self._falling[: len(piece)]
            out[at : at + _SLICE] = piece - followed
            self._offset = float(followed[-1])
        return out

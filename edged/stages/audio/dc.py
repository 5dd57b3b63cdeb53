"""A constant offset taken out of a live stream: what cheap microphones add to all they hear."""

import math

import numpy as np
from numpy.typing import NDArray

from edged.geometry import SAMPLE_RATE

Pcm = NDArray[np.int16]
"""Shape (n,), mono, 16 kHz."""

CUTOFF_HZ = 3.0
"""A one-pole high-pass: an offset of half of full scale is below half an LSB after 0.6 s, and 50 Hz loses
0.016 dB."""

_DECAY = math.exp(-2 * math.pi * CUTOFF_HZ / SAMPLE_RATE)
_SLICE = 2048
"""Samples filtered at once: within them the powers of the decay stay between 0.09 and 11."""


class DcRemoval:
    """One stream's high-pass; what comes out does not depend on the pieces that go in."""

    def __init__(self) -> None:
        self._falling = _DECAY ** np.arange(1, _SLICE + 1)
        self._rising = (1 / _DECAY - 1) * _DECAY ** -np.arange(_SLICE, dtype=np.float64)
        self._offset: float | None = None

    def push(self, pcm: Pcm) -> Pcm:
        """Take sound, shape (n,), any n; return it without its offset, shape (n,).

        The filter starts at the first sample, as if it had been there for ever: no thump at the start.
        """
        out = np.empty(len(pcm), np.float64)
        for at in range(0, len(pcm), _SLICE):
            piece = pcm[at : at + _SLICE]
            # offset[k] = decay * offset[k - 1] + (1 - decay) * piece[k], as one running sum
            before = float(piece[0]) if self._offset is None else self._offset
            followed = np.cumsum(piece * self._rising[: len(piece)])
            followed += before
            followed *= self._falling[: len(piece)]
            np.subtract(piece, followed, out=out[at : at + _SLICE])
            self._offset = float(followed[-1])
        return np.rint(out).clip(-32_768, 32_767).astype(np.int16)

"""Noise in the place of digital silence: a muted or gated microphone sends zeros, and zeros make heads fire.

Heads were trained on rooms. Between exact zeros and sound lies a step that no room has, and some heads take
it for their word (DESIGN: the noise floor). So where one value stands still, faint noise takes its place.
"""

import numpy as np
from numpy.typing import NDArray

from edged.geometry import DITHER_RMS

Pcm = NDArray[np.int16]
"""Shape (n,), mono, 16 kHz."""

STILL = 80
"""Samples of one value, 5 ms, after which it counts as digital silence: far less than the 25 ms that one mel
frame sees, so none is made of zeros alone, and nothing has to wait for what comes next."""

_PERIOD = 1 << 15
"""Samples of noise made once and used around again: 2 s."""


class Dither:
    """One stream's dither: the same noise at the same sample of every run, in pieces of any size."""

    def __init__(self) -> None:
        noise = np.random.RandomState(0)  # its numbers are frozen by numpy, those of default_rng are not
        self._noise = np.rint(noise.standard_normal(_PERIOD) * DITHER_RMS).astype(np.int16)
        self._next = 0
        self._last: int | None = None
        self._still = 0
        self.replaced = 0
        """Samples that were digital silence."""

    def push(self, pcm: Pcm) -> Pcm:
        """Return the sound with noise around the value that stands still for longer than `STILL` samples.

        pcm: shape (n,), any n. Where nothing stands still it is returned itself, bit for bit, as is
        clipped sound, which stands still at full scale.
        """
        if not len(pcm):
            return pcm
        at = np.arange(len(pcm))
        moved = np.empty(len(pcm), np.bool_)
        moved[0] = int(pcm[0]) != self._last
        np.not_equal(pcm[1:], pcm[:-1], out=moved[1:])
        # samples before this one that already had its value
        still = at - np.maximum.accumulate(np.where(moved, at, -self._still - 1))
        self._last, self._still = int(pcm[-1]), int(still[-1])
        begin, self._next = self._next, self._next + len(pcm)
        silent = np.flatnonzero((still >= STILL) & (pcm < 32_767) & (pcm > -32_768))
        if not len(silent):
            return pcm
        self.replaced += len(silent)
        out = pcm.copy()
        noise = self._noise[(begin + silent) % _PERIOD]
        out[silent] = (out[silent].astype(np.int32) + noise).clip(-32_768, 32_767)
        return out

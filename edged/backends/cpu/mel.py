"""480 samples of context and 1280 new ones to 8 mel frames: the trimmed DFT as one matrix product.

Per call and never for more than a hop: the model clips at 80 dB below the loudest cell *of the call*.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from edged.backends.backend import Floats, Pcm
from edged.geometry import FIRST_MEL_FRAMES, MEL_BINS, MEL_HOP, MEL_PER_HOP, MEL_REST, STEP_SAMPLES
from edged.graphs.mel_filters import CLIP_DB, FLOOR, WINDOW, MelFilters

BLOCKS = 2
"""Parts of the product for the cosines and as many for the sines, each below 2^18 multiply-adds.

From there on OpenBLAS wakes every core, and its threads then spin: measured on two cores at the real pace,
20 ms of processor time per hop instead of 0.1.
"""

_TAPS = WINDOW.stop - WINDOW.start
_RESTING = MEL_PER_HOP - FIRST_MEL_FRAMES
# openWakeWord feeds the embedding x / 10 + 2, x in decibels: 10 / ln 10 * log(power)
_PER_NEPER = np.float32(1.0 / np.log(10.0))
_OFFSET = np.float32(2.0)
_CLIP = np.float32(CLIP_DB / 10.0)
_LEAST = np.float32(FLOOR)


class MelBasis:
    """The filters, arranged for the product; shared by all streams."""

    def __init__(self, filters: MelFilters) -> None:
        taps, columns = filters.dft.shape
        parts = filters.dft.reshape(taps, 2, BLOCKS, columns // (2 * BLOCKS))
        self.dft: Floats = np.ascontiguousarray(parts.transpose(1, 2, 0, 3))
        """Shape (2, 2, 399, 60): cosines and sines, each in two parts."""
        self.mel: Floats = filters.mel
        """Shape (120, 32)."""


class Mel:
    """The arrays that one stream computes in; nothing is allocated per hop."""

    def __init__(self, basis: MelBasis) -> None:
        self._basis = basis
        self._samples = np.zeros(STEP_SAMPLES, np.float32)
        step = self._samples.itemsize
        self._windows = as_strided(
            self._samples[WINDOW.start :], (MEL_PER_HOP, _TAPS), (MEL_HOP * step, step), writeable=False
        )
        self._frames = np.empty((MEL_PER_HOP, _TAPS), np.float32)
        bins = basis.mel.shape[0]
        self._waves = np.empty((2, MEL_PER_HOP, bins), np.float32)
        self._parts = self._waves.reshape(2, MEL_PER_HOP, BLOCKS, bins // BLOCKS).transpose(0, 2, 1, 3)
        self._cosines, self._sines = self._waves
        self._power = np.empty((MEL_PER_HOP, bins), np.float32)
        self._bands = np.empty((MEL_PER_HOP, MEL_BINS), np.float32)
        self._cells = self._bands.reshape(-1)

    def step(self, pcm: Pcm, first: bool, out: Floats) -> None:
        """Fill `out` (8, 32) from pcm (1760,); of a first hop five frames are new and three rest at 1.0."""
        np.copyto(self._samples, pcm)
        np.copyto(self._frames, self._windows)
        np.matmul(self._frames, self._basis.dft, out=self._parts)
        np.multiply(self._waves, self._waves, out=self._waves)
        np.add(self._cosines, self._sines, out=self._power)
        bands = self._bands
        np.matmul(self._power, self._basis.mel, out=bands)
        np.maximum(bands, _LEAST, out=bands)
        np.log(bands, out=bands)
        np.multiply(bands, _PER_NEPER, out=bands)
        np.add(bands, _OFFSET, out=bands)
        if first:
            out[:_RESTING] = MEL_REST
            np.maximum(bands[_RESTING:], bands[_RESTING:].max() - _CLIP, out=out[_RESTING:])
        else:
            # five times as fast as max(), which also allocates a kilobyte
            loudest = self._cells[self._cells.argmax()]
            np.maximum(bands, loudest - _CLIP, out=out)

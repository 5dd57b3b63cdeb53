"""480 samples of context and 1280 new ones to 8 mel frames: the trimmed DFT as one matrix product.

Per call and never for more than a hop: the model clips at 80 dB below the loudest cell *of the call*.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from edged.backends.backend import Floats, Pcm
from edged.geometry import FIRST_MEL_FRAMES, MEL_BINS, MEL_HOP, MEL_PER_HOP, MEL_REST, STEP_SAMPLES
from edged.graphs.mel_filters import CLIP_DB, FLOOR, WINDOW, MelFilters

BLOCKS = 3
"""Parts of the product, each below 2^18 multiply-adds: from there on OpenBLAS wakes every core, and its
threads then spin (measured on two cores at the real pace: 20 ms of processor time per hop, not 0.1)."""

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
        bins = filters.dft.shape[1] // 2
        cosine, sine = np.split(filters.dft, [bins], axis=1)
        parts = zip(np.split(cosine, BLOCKS, axis=1), np.split(sine, BLOCKS, axis=1), strict=True)
        self.dft: Floats = np.stack([np.concatenate(part, axis=1) for part in parts])
        """Shape (3, 399, 80): 40 cosines and the same 40 sines in each part."""
        self.mel: Floats = filters.mel
        """Shape (120, 32)."""


class Mel:
    """The arrays that one stream computes in; nothing is allocated per hop."""

    def __init__(self, basis: MelBasis) -> None:
        self._basis = basis
        self._bins = basis.dft.shape[2] // 2
        self._samples = np.zeros(STEP_SAMPLES, np.float32)
        step = self._samples.itemsize
        self._windows = as_strided(
            self._samples[WINDOW.start :], (MEL_PER_HOP, _TAPS), (MEL_HOP * step, step), writeable=False
        )
        self._frames = np.empty((MEL_PER_HOP, _TAPS), np.float32)
        self._waves = np.empty((BLOCKS, MEL_PER_HOP, 2 * self._bins), np.float32)
        self._cosines = self._waves[:, :, : self._bins]
        self._sines = self._waves[:, :, self._bins :]
        self._power = np.empty((MEL_PER_HOP, BLOCKS * self._bins), np.float32)
        self._power_parts = self._power.reshape(MEL_PER_HOP, BLOCKS, self._bins).transpose(1, 0, 2)
        self._bands = np.empty((MEL_PER_HOP, MEL_BINS), np.float32)

    def step(self, pcm: Pcm, first: bool, out: Floats) -> None:
        """Fill `out` (8, 32) from pcm (1760,); of a first hop five frames are new and three rest at 1.0."""
        np.copyto(self._samples, pcm)
        np.copyto(self._frames, self._windows)
        np.matmul(self._frames, self._basis.dft, out=self._waves)
        np.multiply(self._waves, self._waves, out=self._waves)
        np.add(self._cosines, self._sines, out=self._power_parts)
        bands = self._bands
        np.matmul(self._power, self._basis.mel, out=bands)
        np.maximum(bands, _LEAST, out=bands)
        np.log(bands, out=bands)
        np.multiply(bands, _PER_NEPER, out=bands)
        np.add(bands, _OFFSET, out=bands)
        if first:
            bands, new = bands[_RESTING:], out[_RESTING:]
            out[:_RESTING] = MEL_REST
        else:
            new = out
        np.maximum(bands, bands.max() - _CLIP, out=new)

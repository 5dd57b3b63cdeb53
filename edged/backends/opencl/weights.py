"""The numbers of both models in the order in which the kernels read them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edged.backends.opencl.plan import Plan
from edged.geometry import MEL_BINS
from edged.graphs.mel_filters import MelFilters


@dataclass(frozen=True, slots=True)
class Weights:
    """Two flat arrays and where in them everything lies, in elements."""

    reals: NDArray[np.float32]
    """Of the convolutions: per layer (height, width, in, out), so that 4 outputs are one load."""
    convolutions: tuple[int, ...]
    constants: NDArray[np.float32]
    """Float in any precision: biases, the DFT, mel bands."""
    biases: tuple[int | None, ...]
    dft: int
    """(taps, 2 * bins): cosines of all bins, then sines."""
    taps: int
    bins: int
    mel_first: int
    """(32,): the first bin of each band."""
    mel: int
    """(32, mel_width): what each bin from there on counts."""
    mel_width: int


def weights(plan: Plan, filters: MelFilters) -> Weights:
    """Repack what the kernels of a plan need."""
    reals = _Packer()
    constants = _Packer()
    layers = [step.layer for step in plan.convolutions]
    convolutions = tuple(reals.add(layer.weights.transpose(2, 3, 1, 0)) for layer in layers)
    biases = tuple(None if layer.bias is None else constants.add(layer.bias) for layer in layers)
    first, bands = _bands(filters.mel)
    taps, columns = filters.dft.shape
    return Weights(
        convolutions=convolutions,
        biases=biases,
        dft=constants.add(filters.dft),
        taps=taps,
        bins=columns // 2,
        mel_first=constants.add(first),
        mel=constants.add(bands),
        mel_width=bands.shape[1],
        reals=reals.packed(),
        constants=constants.packed(),
    )


def _bands(mel: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return first bins (32,) and weights (32, width) of a mel matrix (bins, 32) that is mostly zeros."""
    used = [np.flatnonzero(mel[:, band]) for band in range(MEL_BINS)]
    width = max((int(bins[-1] - bins[0]) + 1 if bins.size else 1) for bins in used)
    first = np.array([min(bins[0], mel.shape[0] - width) if bins.size else 0 for bins in used])
    packed = np.stack([mel[start : start + width, band] for band, start in enumerate(first)])
    return first.astype(np.float32), packed


class _Packer:
    """Arrays behind each other, each on a border of 64 bytes."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float32]] = []
        self._size = 0

    def add(self, array: NDArray[np.float32]) -> int:
        start = self._size
        flat = np.ascontiguousarray(array, np.float32).reshape(-1)
        flat = np.pad(flat, (0, -flat.size % 16))
        self._parts.append(flat)
        self._size += flat.size
        return start

    def packed(self) -> NDArray[np.float32]:
        return np.concatenate(self._parts)

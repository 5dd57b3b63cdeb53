"""Sound in pieces of any size to hops of 1280 samples."""

import numpy as np
from numpy.typing import NDArray

from edged.geometry import HOP

Pcm = NDArray[np.int16]


class Framer:
    """Cuts hops; holds less than one hop between two calls, in memory that never grows."""

    def __init__(self) -> None:
        # a hop handed out lies in one half while the rest of the same piece fills the other
        self._halves = np.zeros((2, HOP), np.int16)
        self._half = 0
        self._held = 0

    @property
    def remainder(self) -> Pcm:
        """Samples that wait for the rest of their hop: a view, shape (n,), n < HOP."""
        return self._halves[self._half, : self._held]

    def push(self, pcm: Pcm) -> list[Pcm]:
        """Take a piece and return the hops it completes, oldest first.

        pcm: shape (n,), int16, any n, 16 kHz.
        Returns views of shape (1280,), good until the next push and while `pcm` is unchanged.

        Raises:
            ValueError: not int16, or not one channel.
        """
        if pcm.ndim != 1 or pcm.dtype != np.int16:
            raise ValueError(f"expected int16 samples of one channel, got {pcm.dtype} of shape {pcm.shape}")
        hops: list[Pcm] = []
        at = 0
        if self._held:
            at = min(HOP - self._held, len(pcm))
            self._keep(pcm[:at])
            if self._held == HOP:
                hops.append(self._halves[self._half])
                self._half ^= 1
                self._held = 0
        while len(pcm) - at >= HOP:
            hops.append(pcm[at : at + HOP])
            at += HOP
        self._keep(pcm[at:])
        return hops

    def _keep(self, pcm: Pcm) -> None:
        self._halves[self._half, self._held : self._held + len(pcm)] = pcm
        self._held += len(pcm)

    def reset(self) -> None:
        """Forget the remainder: after a gap it belongs to no hop."""
        self._held = 0

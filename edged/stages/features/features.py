"""One stream's way from sound to embeddings, on the host's side of any backend.

Each step also sees the samples before its hop: they are kept here. A step that fails changes nothing, so the
same hop can be pushed again.
"""

import numpy as np
from numpy.typing import NDArray

from edged.backends.backend import FeatureStream, Floats, Pcm
from edged.geometry import CONTEXT, HOP, STEP_SAMPLES


class Features:
    """Sound in hops to one embedding per hop."""

    def __init__(self, stream: FeatureStream) -> None:
        """Take a stream of a backend and bring it to a fresh start."""
        self._stream = stream
        self._window: NDArray[np.int16] = np.zeros(STEP_SAMPLES, np.int16)
        self._hop = self._window[CONTEXT:]
        self._context = self._window[:CONTEXT]
        self._tail = self._window[HOP:]
        self._first = True
        self.reset()

    def push(self, pcm: Pcm) -> Floats:
        """Take one hop, shape (1280,), int16; return its embedding (96,), a view the next push overwrites.

        Raises:
            ProviderFailed: no backend could answer. Nothing was taken.
            ValueError: not one hop of int16.
        """
        if pcm.shape != (HOP,) or pcm.dtype != np.int16:
            raise ValueError(f"expected {HOP} int16 samples, got {pcm.dtype} of shape {pcm.shape}")
        self._hop[:] = pcm
        _, embedding = self._stream.step(self._window, self._first)
        self._context[:] = self._tail
        self._first = False
        return embedding

    def resume(self, context: Pcm) -> None:
        """Go on in the middle of a stream, after these 480 samples; exact once ten hops were pushed.

        Raises:
            ValueError: not one context of int16.
        """
        if context.shape != (CONTEXT,) or context.dtype != np.int16:
            raise ValueError(
                f"expected {CONTEXT} int16 samples, got {context.dtype} of shape {context.shape}"
            )
        self.reset()
        self._context[:] = context
        self._first = False

    def reset(self) -> None:
        """Start afresh: after a gap the past is not the past of the next hop."""
        self._stream.prime(None)
        self._window[:] = 0
        self._first = True

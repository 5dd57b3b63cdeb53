"""One stream's way from sound to embeddings, on the host's side of any backend.

The host keeps what a backend needs to be replaced in mid-stream: the samples before the next hop and the
last 80 mel frames. A step that fails changes nothing here, so the same hop can be pushed again.
"""

import math

import numpy as np
from numpy.typing import NDArray

from edged.backends.backend import FeatureStream, Floats, Pcm
from edged.errors import ProviderFailed
from edged.geometry import (
    CONTEXT,
    HOP,
    MEL_BINS,
    MEL_PER_HOP,
    MEL_REST,
    PRIME_FRAMES,
    PRIME_STEPS,
    STEP_SAMPLES,
)


class Features:
    """Sound in hops to one embedding per hop."""

    def __init__(self, stream: FeatureStream) -> None:
        """Take a stream of a backend and bring it to a fresh start."""
        self._stream = stream
        self._window: NDArray[np.int16] = np.zeros(STEP_SAMPLES, np.int16)
        self._hop = self._window[CONTEXT:]
        self._context = self._window[:CONTEXT]
        self._tail = self._window[HOP:]
        self._mel: Floats = np.empty((PRIME_STEPS, MEL_PER_HOP, MEL_BINS), np.float32)
        self._steps = list(self._mel)
        self._newest = 0
        self._first = True
        self.reset()

    def push(self, pcm: Pcm) -> Floats:
        """Take one hop, shape (1280,), int16; return its embedding (96,), a view the next push overwrites.

        Raises:
            ProviderFailed: the backend failed or answered something that is no number. Nothing was
                taken: `replace` the stream and push the same hop again.
            ValueError: not one hop of int16.
        """
        if pcm.shape != (HOP,) or pcm.dtype != np.int16:
            raise ValueError(f"expected {HOP} int16 samples, got {pcm.dtype} of shape {pcm.shape}")
        self._hop[:] = pcm
        mel, embedding = self._stream.step(self._window, self._first)
        # a sum is finite only if all of it is: half the price of a flag per number
        if not math.isfinite(np.add.reduce(embedding) + np.vdot(mel, mel)):
            raise ProviderFailed("features", "the answer holds NaN or infinity")
        self._steps[self._newest][:] = mel
        self._newest = (self._newest + 1) % PRIME_STEPS
        self._context[:] = self._tail
        self._first = False
        return embedding

    def mel_history(self) -> Floats:
        """The last 80 mel frames, newest last, shape (80, 32); those before any sound rest at 1.0."""
        return np.roll(self._mel, -self._newest, axis=0).reshape(PRIME_FRAMES, MEL_BINS)

    def reset(self) -> None:
        """Start afresh: after a gap the past is not the past of the next hop."""
        self._stream.prime(None)
        self._mel[:] = MEL_REST
        self._window[:] = 0
        self._newest = 0
        self._first = True

    def replace(self, stream: FeatureStream) -> None:
        """Go on with another backend's stream, brought to where this one is.

        Raises:
            ProviderFailed: the new stream could not be primed; the old one stays.
        """
        stream.prime(None if self._first else self.mel_history())
        self._stream = stream

"""A FeatureBackend made of several: a hop that one cannot answer is answered by the next.

The state of a stream is a pure function of its last 80 mel frames. They are kept here, on the host, so that
a stream can move to any other backend between two hops, or in the middle of one that failed.
"""

import time
from collections.abc import Callable

import numpy as np

from edged.backends.backend import FeatureBackend, FeatureStream, Floats, Pcm
from edged.backends.chain import Chain
from edged.backends.link import Serving
from edged.backends.probe import flaw_of
from edged.errors import ProviderFailed
from edged.geometry import MEL_BINS, MEL_PER_HOP, MEL_REST, PRIME_FRAMES, PRIME_STEPS


class ChainedFeatures:
    """The features of a chain: any number of streams, which all move together."""

    def __init__(self, chain: Chain[FeatureBackend], clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock`: seconds, to see steps that come late."""
        self.chain = chain
        self.clock = clock

    @property
    def provider(self) -> str:
        return self.chain.serving.link.provider

    @property
    def device(self) -> str:
        return self.chain.serving.backend.device

    @property
    def precision(self) -> str:
        return self.chain.serving.backend.precision

    @property
    def device_bytes(self) -> int | None:
        return self.chain.serving.backend.device_bytes

    def stream(self) -> "_ChainedFeatureStream":
        return _ChainedFeatureStream(self)

    def close(self) -> None:
        self.chain.close()


class _ChainedFeatureStream:
    def __init__(self, features: ChainedFeatures) -> None:
        self._chain = features.chain
        self._clock = features.clock
        self._on: Serving[FeatureBackend] | None = None
        self._stream: FeatureStream | None = None
        self._mel: Floats = np.empty((PRIME_STEPS, MEL_PER_HOP, MEL_BINS), np.float32)
        self._steps = list(self._mel)
        self._newest = 0
        self._fresh = self._behind = True
        """Nothing was heard yet; and the backend's stream was not told what was."""
        self.prime(None)

    def prime(self, mel: Floats | None) -> None:
        if mel is not None and mel.shape != (PRIME_FRAMES, MEL_BINS):
            raise ProviderFailed("chain", f"expected ({PRIME_FRAMES}, {MEL_BINS}) mel, got {mel.shape}")
        self._mel[:] = MEL_REST if mel is None else mel.reshape(self._mel.shape)
        self._newest = 0
        self._fresh = mel is None
        self._behind = True

    def step(self, pcm: Pcm, first: bool) -> tuple[Floats, Floats]:
        while True:
            serving = self._chain.serving
            try:
                stream = self._stream
                if stream is None or self._behind or serving is not self._on:
                    stream = self._move(serving)
                begun = self._clock()
                mel, embedding = stream.step(pcm, first)
                took = self._clock() - begun
                flaw = flaw_of(mel, embedding)
            except ProviderFailed as exc:
                flaw, mel, embedding, took = exc.reason, self._mel, self._mel, 0.0
            if flaw is None:
                break
            self._chain.failed(serving, flaw)
        self._chain.took(serving, took)
        self._steps[self._newest][:] = mel
        self._newest = (self._newest + 1) % PRIME_STEPS
        self._fresh = False
        return mel, embedding

    def _move(self, serving: Serving[FeatureBackend]) -> FeatureStream:
        """Bring a stream of the backend that serves to where this one is."""
        stream, self._stream = self._stream, None
        if stream is None or serving is not self._on:
            stream = serving.backend.stream()
        heard = np.roll(self._mel, -self._newest, axis=0).reshape(PRIME_FRAMES, MEL_BINS)
        stream.prime(None if self._fresh else heard)
        self._stream, self._on, self._behind = stream, serving, False
        return stream

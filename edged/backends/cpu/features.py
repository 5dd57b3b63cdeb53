"""Features on the CPU: one shared onnxruntime session, a few tens of kilobytes per stream.

The state of a stream lies twice in memory. A step reads one copy and writes the other, through two
bindings made once, so a hop allocates nothing and copies no state.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edged.backends.backend import Floats, Pcm
from edged.backends.cpu.mel import Mel, MelBasis
from edged.backends.cpu.session import open_session
from edged.errors import ProviderFailed
from edged.geometry import (
    EMBEDDING,
    MEL_BINS,
    MEL_PER_HOP,
    MEL_REST,
    PRIME_FRAMES,
    PRIME_STEPS,
    STEP_SAMPLES,
)
from edged.graphs import mel_filters, streaming_embedding
from edged.graphs.streaming_embedding import EMBEDDING_OUTPUT, MEL_INPUT, next_name

_PARITIES = 2


class CpuFeatures:
    """A FeatureBackend on onnxruntime and numpy."""

    provider = "cpu"
    device = "cpu"
    precision = "fp32"
    device_bytes: int | None = None

    def __init__(
        self, melspectrogram: Path, embedding: Path, opened: Callable[[bytes, str], Any] = open_session
    ) -> None:
        """Read both models. `opened` makes the session of the embedding.

        Raises:
            ModelError: a file is missing, damaged or another model.
            ProviderUnavailable: onnxruntime is missing or refuses the graph.
        """
        self.basis = MelBasis(mel_filters.read(melspectrogram))
        graph = streaming_embedding.build(embedding)
        self.states = graph.states
        self.sizes = tuple(int(np.prod(shape)) for _, shape in graph.states)
        self.fresh: Floats = np.zeros(sum(self.sizes), np.float32)
        """State of a stream before any sound, all states behind each other."""
        self._session: Any | None = opened(graph.model, str(embedding))
        stream = _CpuFeatureStream(self)
        resting = np.full((PRIME_FRAMES, MEL_BINS), MEL_REST, np.float32)
        stream.prime(resting)
        self.fresh[:] = stream.state

    def stream(self) -> "_CpuFeatureStream":
        return _CpuFeatureStream(self)

    def binding(self) -> Any:
        """Return a new, empty IOBinding of the session."""
        return self._open().io_binding()

    def run(self, binding: Any) -> None:
        """Run one step of the embedding."""
        session = self._open()
        try:
            session.run_with_iobinding(binding)
        except Exception as exc:  # onnxruntime raises a dozen private classes: all mean "failed"
            raise ProviderFailed(self.provider, f"embedding: {exc}") from exc

    def close(self) -> None:
        self._session = None

    def _open(self) -> Any:
        if self._session is None:
            raise ProviderFailed(self.provider, "the features were closed")
        return self._session


class _CpuFeatureStream:
    def __init__(self, backend: CpuFeatures) -> None:
        self._backend = backend
        self._filters = Mel(backend.basis)
        self._mel = np.full((MEL_PER_HOP, MEL_BINS), MEL_REST, np.float32)
        self.embedding: Floats = np.zeros(EMBEDDING, np.float32)
        """Shape (96,): of the newest step."""
        self._states = np.empty((_PARITIES, backend.fresh.size), np.float32)
        self._bindings = [self._bind(parity) for parity in range(_PARITIES)]
        self._parity = 0
        self.prime(None)

    def _bind(self, parity: int) -> Any:
        """Bind the arrays of this stream; they live as long as it does, so the addresses stay good."""
        binding = self._backend.binding()

        def bind(method: Any, name: str, shape: tuple[int, ...], array: Floats) -> None:
            method(name, "cpu", 0, np.float32, shape, array.ctypes.data)

        bind(binding.bind_input, MEL_INPUT, (1, 1, MEL_PER_HOP, MEL_BINS), self._mel)
        bind(binding.bind_output, EMBEDDING_OUTPUT, (1, EMBEDDING, 1, 1), self.embedding)
        at = 0
        for (name, shape), size in zip(self._backend.states, self._backend.sizes, strict=True):
            bind(binding.bind_input, name, shape, self._states[parity, at : at + size])
            bind(binding.bind_output, next_name(name), shape, self._states[1 - parity, at : at + size])
            at += size
        return binding

    @property
    def state(self) -> Floats:
        """The newest copy of the states, flat."""
        return self._states[self._parity]

    def prime(self, mel: Floats | None) -> None:
        if mel is None:
            self._states[self._parity] = self._backend.fresh
            return
        if mel.shape != (PRIME_FRAMES, MEL_BINS):
            raise ProviderFailed(
                self._backend.provider, f"expected ({PRIME_FRAMES}, {MEL_BINS}) mel, got {mel.shape}"
            )
        for step in range(PRIME_STEPS):
            self._mel[:] = mel[step * MEL_PER_HOP : (step + 1) * MEL_PER_HOP]
            self._embed()

    def step(self, pcm: Pcm, first: bool) -> tuple[Floats, Floats]:
        if pcm.shape != (STEP_SAMPLES,):
            raise ProviderFailed(
                self._backend.provider, f"expected {STEP_SAMPLES} samples, got shape {pcm.shape}"
            )
        self._filters.step(pcm, first, out=self._mel)
        self._embed()
        return self._mel, self.embedding

    def _embed(self) -> None:
        self._backend.run(self._bindings[self._parity])
        self._parity ^= 1

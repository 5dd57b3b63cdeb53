"""What a provider must do to serve a stage. Its contract suites are in `tests/contracts`.

A backend knows tensors, not sound; it holds models and device. The state of one stream is a
`FeatureStream`, a pure function of the last 76 mel frames, so any backend can take over in mid-stream
through `prime`. A backend that cannot run raises `ProviderUnavailable` when it is made and
`ProviderFailed` when it breaks later; nothing else comes out of it.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""Shape (n,), mono, 16 kHz."""
Floats = NDArray[np.float32]


class FeatureStream(Protocol):
    """Mel and embedding of one stream."""

    def prime(self, mel: Floats | None) -> None:
        """Take over in mid-stream: mel (80, 32), newest last; None is a fresh start."""
        ...

    def step(self, pcm: Pcm, first: bool) -> tuple[Floats, Floats]:
        """Advance one hop.

        pcm: shape (1760,), 480 samples of context and the hop. `first` is the first hop of a stream: its
        context is ignored, five mel frames are new and three rest at 1.0.
        Returns mel (8, 32) and embedding (96,): views that the next step overwrites.
        """
        ...


class FeatureBackend(Protocol):
    """Mel and embedding models on one device, shared by all streams."""

    @property
    def provider(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def device_bytes(self) -> int | None:
        """Bytes held on a GPU for the models and all streams, from any thread; None: it holds none there
        or does not tell.
        """
        ...

    def stream(self) -> FeatureStream:
        """Open a stream in the state of a fresh start."""
        ...

    def close(self) -> None:
        """Give models and device back; closing twice is allowed."""
        ...


class HeadBackend(Protocol):
    """Wake-word heads; stateless."""

    @property
    def provider(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the scores in order: `alexa`, `timer.1_minute_timer`."""
        ...

    @property
    def windows(self) -> tuple[int, ...]:
        """Embeddings that each column sees, read from its model."""
        ...

    def scores(self, history: Floats) -> Floats:
        """History (34, 96), newest last, to scores (len(columns),), each 0..1."""
        ...

    def close(self) -> None:
        """Give models and device back; closing twice is allowed."""
        ...


class VadStream(Protocol):
    """Speech probability of one stream, window by window."""

    def reset(self) -> None:
        """Forget everything heard."""
        ...

    def probability(self, pcm: Pcm) -> float:
        """One window of shape (512,) to the probability 0..1 that somebody speaks in it."""
        ...


class VadBackend(Protocol):
    """Voice activity detection, shared by all streams."""

    @property
    def provider(self) -> str: ...

    def stream(self) -> VadStream:
        """Open a stream that has heard nothing."""
        ...

    def close(self) -> None:
        """Give the model back; closing twice is allowed."""
        ...

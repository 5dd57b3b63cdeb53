"""Scores kept on their way to the decision, and given again in their place."""

from collections.abc import Iterator, Sequence

import numpy as np

from edged.backends.backend import Floats, HeadBackend, Pcm
from edged.geometry import EMBEDDING, MEL_BINS, MEL_PER_HOP

Row = tuple[float, ...]
"""One hop's scores, one per column, exactly as the head gave them."""


class KeptHeads:
    """A HeadBackend that is another one, and keeps what it answers while `keep` is a list."""

    def __init__(self, inner: HeadBackend) -> None:
        self._inner = inner
        self.columns, self.windows = inner.columns, inner.windows
        self.keep: list[Row] | None = None

    @property
    def provider(self) -> str:
        return self._inner.provider

    @property
    def device(self) -> str:
        return self._inner.device

    @property
    def precision(self) -> str:
        return self._inner.precision

    def scores(self, history: Floats) -> Floats:
        found = self._inner.scores(history)
        if self.keep is not None:
            self.keep.append(tuple(found.tolist()))
        return found

    def close(self) -> None:
        self._inner.close()


class GivenHeads:
    """A HeadBackend that answers rows in turn: what was kept, so that decisions can be made again."""

    provider = "kept"
    device = "none"
    precision = "fp32"

    def __init__(self, columns: Sequence[str], windows: Sequence[int], rows: Sequence[Row]) -> None:
        self.columns, self.windows = tuple(columns), tuple(windows)
        self._rows: Iterator[Row] = iter(rows)

    def scores(self, history: Floats) -> Floats:
        return np.asarray(next(self._rows), np.float32)

    def close(self) -> None:
        """Nothing to give back."""


class NoFeatures:
    """A FeatureBackend for heads that do not look at features."""

    provider = "none"
    device = "none"
    precision = "fp32"
    device_bytes: int | None = None

    def __init__(self) -> None:
        self._mel = np.zeros((MEL_PER_HOP, MEL_BINS), np.float32)
        self._embedding = np.zeros(EMBEDDING, np.float32)

    def stream(self) -> "NoFeatures":
        """Return itself: it has no state."""
        return self

    def prime(self, mel: Floats | None) -> None:
        """Nothing is remembered."""

    def step(self, pcm: Pcm, first: bool) -> tuple[Floats, Floats]:
        return self._mel, self._embedding

    def close(self) -> None:
        """Nothing to give back."""

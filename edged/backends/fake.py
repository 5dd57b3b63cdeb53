"""Known answers and planned faults: a provider for tests and for `edged-bench faults`.

Its embedding is a fixed projection of the last 76 mel frames and its mel a plain energy per 10 ms, so
that it obeys the same laws as a real one: streams are independent, `prime` restores a state, chunks
must not matter. A fault is planned by the step at which it happens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from edged.backends.backend import Floats, Pcm
from edged.errors import ProviderFailed
from edged.geometry import (
    CONTEXT,
    EMBEDDING,
    FIRST_MEL_FRAMES,
    HISTORY,
    MEL_BINS,
    MEL_HOP,
    MEL_PER_HOP,
    MEL_REST,
    MEL_WINDOW,
    PRIME_FRAMES,
    STEP_SAMPLES,
    VAD_WINDOW,
)


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, counted in calls from 1 over the life of the backend."""

    fail_at: frozenset[int] = frozenset()
    """Calls that raise ProviderFailed."""
    nan_at: frozenset[int] = frozenset()
    """Calls that answer with NaN, as a wedged driver does."""
    before: Callable[[int], None] | None = None
    """Called with the number of each call before it runs: may block, to play a hung driver."""


@dataclass(slots=True)
class _Counter:
    faults: Faults
    calls: int = 0

    def check(self) -> bool:
        """Count a call; True if its answer must be NaN."""
        self.calls += 1
        if self.faults.before is not None:
            self.faults.before(self.calls)
        if self.calls in self.faults.fail_at:
            raise ProviderFailed("fake", f"planned fault at call {self.calls}")
        return self.calls in self.faults.nan_at


@dataclass
class FakeFeatures:
    """A FeatureBackend without models."""

    faults: Faults = field(default_factory=Faults)
    provider: str = "fake"
    device: str = "none"
    precision: str = "fp32"
    device_bytes: int | None = None
    closed: bool = False

    def __post_init__(self) -> None:
        self._counter = _Counter(self.faults)
        self._projection = np.random.default_rng(7).normal(size=(MEL_WINDOW, EMBEDDING)).astype(np.float32)

    def stream(self) -> "_FakeFeatureStream":
        return _FakeFeatureStream(self._counter, self._projection)

    def close(self) -> None:
        self.closed = True


class _FakeFeatureStream:
    def __init__(self, counter: _Counter, projection: Floats) -> None:
        self._counter = counter
        self._projection = projection
        self._mel = np.empty((PRIME_FRAMES, MEL_BINS), np.float32)
        self._embedding = np.empty(EMBEDDING, np.float32)
        self.prime(None)

    def prime(self, mel: Floats | None) -> None:
        self._mel[:] = MEL_REST if mel is None else mel

    def step(self, pcm: Pcm, first: bool) -> tuple[Floats, Floats]:
        poisoned = self._counter.check()
        if pcm.shape != (STEP_SAMPLES,):
            raise ProviderFailed("fake", f"expected {STEP_SAMPLES} samples, got shape {pcm.shape}")
        self._mel[:-MEL_PER_HOP] = self._mel[MEL_PER_HOP:]
        new = self._mel[-MEL_PER_HOP:]
        energy = np.abs(pcm[CONTEXT:].astype(np.float32)).reshape(MEL_PER_HOP, MEL_HOP).mean(axis=1)
        new[:] = np.log1p(energy)[:, None]
        if first:
            new[: MEL_PER_HOP - FIRST_MEL_FRAMES] = MEL_REST
        np.dot(self._mel[-MEL_WINDOW:, 0], self._projection, out=self._embedding)
        if poisoned:
            self._embedding[:] = np.nan
        return new, self._embedding


class FakeHeads:
    """A HeadBackend whose scores are a function of the last embeddings, or planned call by call."""

    provider = "fake"
    device = "none"
    precision = "fp32"

    def __init__(
        self,
        columns: Sequence[str],
        windows: Sequence[int] | None = None,
        planned: Sequence[Sequence[float]] = (),
        faults: Faults | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self.windows = tuple(windows or [16] * len(columns))
        self._planned = planned
        self._counter = _Counter(faults or Faults())
        self.closed = False

    def scores(self, history: Floats) -> Floats:
        poisoned = self._counter.check()
        if history.shape != (HISTORY, EMBEDDING):
            raise ProviderFailed("fake", f"expected ({HISTORY}, {EMBEDDING}), got {history.shape}")
        if poisoned:
            return np.full(len(self.columns), np.nan, np.float32)
        if self._planned:
            row = self._planned[min(self._counter.calls, len(self._planned)) - 1]
            return np.asarray(row, np.float32)
        means = [history[-window:].mean() * (column + 1) for column, window in enumerate(self.windows)]
        return (1.0 / (1.0 + np.exp(-np.asarray(means, np.float32)))).astype(np.float32)

    def close(self) -> None:
        self.closed = True


class FakeVad:
    """A VadBackend that hears speech where a window is louder than `level`."""

    provider = "fake"

    def __init__(self, level: float = 200.0) -> None:
        self.level = level

    def stream(self) -> "_FakeVadStream":
        return _FakeVadStream(self.level)

    def close(self) -> None:
        """Nothing to give back."""


class _FakeVadStream:
    def __init__(self, level: float) -> None:
        self._level = level

    def reset(self) -> None:
        """Nothing is remembered."""

    def probability(self, pcm: Pcm) -> float:
        if pcm.shape != (VAD_WINDOW,):
            raise ProviderFailed("fake", f"expected {VAD_WINDOW} samples, got shape {pcm.shape}")
        return 1.0 if np.sqrt(np.mean(pcm.astype(np.float32) ** 2)) > self._level else 0.0

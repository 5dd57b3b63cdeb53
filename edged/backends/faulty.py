"""A backend that computes rightly until it is told not to: for tests, and for `edged-bench faults`.

It wraps a real one, so that every answer it does give is the real one's to the bit.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from edged.backends.backend import FeatureBackend, FeatureStream, Floats, HeadBackend, Pcm
from edged.errors import ProviderFailed

Fault = Literal["fail", "raise", "nan", "shape", "wrong", "slow", "hang"]
"""`fail` as a backend should, `raise` as it should not, answers that are no numbers, of another form, or of
another value, a step that takes 50 ms, one that does not return."""

SLOW_S = 0.05
"""Seconds of a slow step: over half a hop, under a whole one."""


class Faults:
    """What goes wrong with the next call."""

    def __init__(
        self,
        next_fault: Callable[[], Fault | None],
        spend: Callable[[float], object],
        hang: Callable[[], object],
    ) -> None:
        """`next_fault` is asked before each call; `spend` lets time pass, `hang` does not return."""
        self._next = next_fault
        self._spend = spend
        self._hang = hang

    def before(self) -> Fault | None:
        """Play what happens before an answer; return what is to happen to it."""
        fault = self._next()
        if fault == "fail":
            raise ProviderFailed("faulty", "planned fault")
        if fault == "raise":
            raise ValueError("planned, and of no kind that a backend may raise")
        if fault == "slow":
            self._spend(SLOW_S)
        if fault == "hang":
            self._hang()
        return fault


def spoilt(answer: Floats, fault: Fault | None) -> Floats:
    """Return an answer as the fault would have it."""
    if fault == "nan":
        return np.full_like(answer, np.nan)
    if fault == "shape":
        return answer[:-1]
    if fault == "wrong":
        return answer + np.float32(0.5)
    return answer


class FaultyFeatures:
    """A FeatureBackend around another."""

    def __init__(self, inner: FeatureBackend, provider: str, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults
        self.provider = provider
        self.device = inner.device
        self.precision = inner.precision

    @property
    def device_bytes(self) -> int | None:
        return self._inner.device_bytes

    def stream(self) -> "_FaultyStream":
        return _FaultyStream(self._inner.stream(), self._faults)

    def close(self) -> None:
        self._inner.close()


class _FaultyStream:
    def __init__(self, inner: FeatureStream, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def prime(self, mel: Floats | None) -> None:
        self._inner.prime(mel)

    def step(self, pcm: Pcm, first: bool) -> tuple[Floats, Floats]:
        fault = self._faults.before()
        mel, embedding = self._inner.step(pcm, first)
        return mel, spoilt(embedding, fault)


class FaultyHeads:
    """A HeadBackend around another."""

    def __init__(self, inner: HeadBackend, provider: str, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults
        self.provider = provider
        self.device = inner.device
        self.precision = inner.precision
        self.columns = inner.columns
        self.windows = inner.windows

    def scores(self, history: Floats) -> Floats:
        fault = self._faults.before()
        return spoilt(self._inner.scores(history), fault)

    def close(self) -> None:
        self._inner.close()

"""HeadBackends made of several: one after the other (a chain), and one beside the other (groups of heads)."""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from edged.backends.backend import Floats, HeadBackend
from edged.backends.chain import Chain
from edged.errors import ProviderFailed


class ChainedHeads:
    """The heads of a chain: a history that one backend cannot answer is answered by the next."""

    def __init__(self, chain: Chain[HeadBackend], clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock`: seconds, to see steps that come late."""
        self.chain = chain
        self._clock = clock
        served = chain.serving.backend
        self.columns = served.columns
        self.windows = served.windows
        self._shape = (len(self.columns),)

    @property
    def provider(self) -> str:
        return self.chain.serving.link.provider

    @property
    def device(self) -> str:
        return self.chain.serving.backend.device

    @property
    def precision(self) -> str:
        return self.chain.serving.backend.precision

    def scores(self, history: Floats) -> Floats:
        while True:
            serving = self.chain.serving
            try:
                begun = self._clock()
                scores = serving.backend.scores(history)
                took = self._clock() - begun
            except ProviderFailed as exc:
                self.chain.failed(serving, exc.reason)
                continue
            if scores.shape != self._shape:
                self.chain.failed(serving, f"answers scores of shape {scores.shape}, not {self._shape}")
            elif not math.isfinite(np.add.reduce(scores)):
                self.chain.failed(serving, "answers NaN or infinity")
            else:
                self.chain.took(serving, took)
                return scores

    def close(self) -> None:
        self.chain.close()


class SideBySide:
    """Several HeadBackends as one: the columns of the first, then of the second, and so on."""

    def __init__(self, groups: Sequence[HeadBackend]) -> None:
        self._groups = tuple(groups)
        self.columns = tuple(column for group in groups for column in group.columns)
        self.windows = tuple(window for group in groups for window in group.windows)

    @property
    def provider(self) -> str:
        """Those that serve, each once: `rknn+cpu`."""
        return "+".join(dict.fromkeys(group.provider for group in self._groups))

    @property
    def device(self) -> str:
        return "+".join(dict.fromkeys(group.device for group in self._groups))

    @property
    def precision(self) -> str:
        return "+".join(dict.fromkeys(group.precision for group in self._groups))

    def scores(self, history: Floats) -> Floats:
        return np.concatenate([group.scores(history) for group in self._groups])

    def close(self) -> None:
        for group in self._groups:
            group.close()

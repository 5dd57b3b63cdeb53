"""Embeddings to one score per column, honest about the first hops of a stream."""

import numpy as np

from edged.backends.backend import Floats, HeadBackend
from edged.geometry import QUIET_HOPS


class Scoring:
    """All heads of one backend, for any number of streams."""

    def __init__(self, backend: HeadBackend) -> None:
        self._backend = backend
        self._longest = max(backend.windows)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the scores, in order."""
        return self._backend.columns

    def score(self, history: Floats, hops: int) -> Floats:
        """Return the scores (columns,) of a history (34, 96), newest last, after `hops` hops of a stream.

        The first five are 0, as openWakeWord does. The heads are asked all the same: one that cannot
        answer must be known before it is needed.

        Raises:
            ProviderFailed: the backend could not answer.
        """
        scores = self._backend.scores(history)
        return np.zeros_like(scores) if hops <= QUIET_HOPS else scores

    def warming(self, hops: int) -> bool:
        """Tell whether some column's own window still reaches back to before the stream's first sound."""
        return hops < self._longest

"""The last embeddings of one stream, in the one place where the heads look."""

import numpy as np

from edged.backends.backend import Floats
from edged.geometry import EMBEDDING, HISTORY


class History:
    """34 embeddings, newest last, and how many of them were heard."""

    def __init__(self, before: Floats) -> None:
        """`before`: embeddings (34, 96) that stand for the time before any sound; kept, not copied."""
        self._before = before
        self._rows: Floats = np.empty((HISTORY, EMBEDDING), np.float32)
        self._flat = self._rows.reshape(-1)
        self._older = self._flat[:-EMBEDDING]
        self._newer = self._flat[EMBEDDING:]
        self._last = self._rows[-1]
        self._hops = 0
        self.reset()

    @property
    def rows(self) -> Floats:
        """Shape (34, 96), newest last: a view that the next push moves on."""
        return self._rows

    @property
    def hops(self) -> int:
        """Embeddings taken since the last reset."""
        return self._hops

    def push(self, embedding: Floats) -> None:
        """Take the embedding (96,) of one hop; the oldest goes."""
        self._older[:] = self._newer
        self._last[:] = embedding
        self._hops += 1

    def warming(self, window: int) -> bool:
        """Tell whether a head of this window still sees embeddings from before any sound."""
        return self._hops < window

    def resume(self, rows: Floats, hops: int) -> None:
        """Go on after `hops` hops of a stream, of which these were the last embeddings, shape (34, 96)."""
        self._rows[:] = rows
        self._hops = hops

    def reset(self) -> None:
        """Forget everything heard."""
        self._rows[:] = self._before
        self._hops = 0

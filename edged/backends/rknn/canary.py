"""Whether an answer is the answer to this input: the canary column against the same sum on the CPU.

A driver that returns the buffer of an earlier call, swaps axes or drops a job reports success.
"""

import numpy as np

from edged.backends.backend import Floats
from edged.backends.rknn.errors import NpuStale
from edged.catalog.artifact import Canary
from edged.graphs.canary import canary_weights


class Watch:
    """The canary of one graph."""

    def __init__(self, canary: Canary | None, window: int) -> None:
        """`canary`: None where a graph has none; then nothing is checked."""
        self._canary = canary
        self._weights = None if canary is None else canary_weights(canary.seed, window)

    def check(self, feats: Floats, row: Floats) -> None:
        """Compare the canary of an answer (columns,) with that of the input (1, window, 96).

        Raises:
            NpuStale: they differ.
        """
        if self._canary is None or self._weights is None:
            return
        expected, found = float(np.dot(feats.ravel(), self._weights)), float(row[self._canary.column])
        if not abs(found - expected) <= self._canary.tolerance:
            raise NpuStale(
                f"the answer belongs to another input: its canary is {found:.3f} instead of {expected:.3f}"
            )

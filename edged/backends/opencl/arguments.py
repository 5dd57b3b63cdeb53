"""What every kernel is given, in one order: set once when a stream opens, never again."""

import numpy as np

from edged.geometry import EMBEDDING, MEL_BINS, MEL_PER_HOP, STEP_SAMPLES

ARGUMENTS = (
    ("__global real *", "state"),
    ("__global real *", "next_state"),
    ("__global float *", "rows"),
    ("__global float *", "next_rows"),
    ("__global real *", "scratch"),
    ("__global const real *", "weights"),
    ("__global const float *", "constants"),
    ("__global const short *", "sound"),
    ("__global float *", "result"),
)
"""Type and name of each. `real` is float, or half where the precision says so."""

SOUND = STEP_SAMPLES + 1
"""Numbers of `sound`: the samples, and in the last place what kind of step it is."""
GO_ON, FIRST, GIVEN = 0, 1, 2
"""Kinds of step: in mid-stream; the first hop, whose context is ignored; mel frames are given in `result`."""

MEL = MEL_PER_HOP * MEL_BINS
"""Numbers at the start of `result`: the mel frames of the step."""
ANSWER = MEL + EMBEDDING
"""Numbers of `result` that the host reads."""


def result_size(bins: int) -> int:
    """Return the numbers of `result`: mel, embedding, and the power of every bin that no host reads."""
    return ANSWER + MEL_PER_HOP * bins


def real(precision: str) -> type[np.float16 | np.float32]:
    """Return how `real` numbers are stored."""
    return np.float16 if precision == "fp16" else np.float32

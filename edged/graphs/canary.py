"""A projection of the input that every converted graph carries as its last column.

It proves each answer to be the answer to this input, where a driver that returns a stale or transposed
buffer reports success.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from edged.geometry import EMBEDDING

SUM = 4.0
"""Sum of the weights' magnitudes: real embeddings then give values of about 1, exact enough in fp16."""


def canary_weights(seed: int, window: int) -> NDArray[np.float32]:
    """Return the weights, shape (window * 96,): all of one magnitude, the signs drawn from the seed.

    The signs come from SHAKE-256, so they are the same for ever: numpy promises that of no generator that
    it recommends.
    """
    size = window * EMBEDDING
    digest = hashlib.shake_256(f"edged canary {seed} {window}".encode()).digest(-(-size // 8))
    signs = np.unpackbits(np.frombuffer(digest, np.uint8))[:size].astype(np.float32) * 2 - 1
    return signs * np.float32(SUM / size)

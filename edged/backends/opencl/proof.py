"""Whether kernels compute what the CPU does: a compiler may be wrong about one way to cut the work only."""

from collections.abc import Sequence

import numpy as np

from edged.backends.backend import FeatureStream, Floats, Pcm
from edged.geometry import CONTEXT, HOP, PRIME_STEPS, STEP_SAMPLES

HOPS = PRIME_STEPS + 2
"""Enough for every row of every state to have come from sound."""
ABSOLUTE = 1e-3
"""Of fp32; embeddings reach 70."""
RELATIVE = 0.01
"""RMS, of fp16."""


def known_sound() -> list[Pcm]:
    """Return steps of noise that swells and fades, the same on every machine."""
    rng = np.random.RandomState(80)  # its stream is frozen by numpy, default_rng's is not
    loud = 3000.0 * np.abs(np.sin(np.arange(CONTEXT + HOPS * HOP) / 9000.0))
    pcm = (rng.standard_normal(loud.size) * loud).astype(np.int16)
    return [pcm[hop * HOP : hop * HOP + STEP_SAMPLES] for hop in range(HOPS)]


def answers(stream: FeatureStream, steps: Sequence[Pcm]) -> Floats:
    """Return the embeddings (hops, 96) of a stream that begins with these steps."""
    return np.stack([stream.step(pcm, hop == 0)[1].copy() for hop, pcm in enumerate(steps)])


def agree(mine: Floats, expected: Floats, precision: str) -> bool:
    """Say whether embeddings are those of the CPU as far as a precision allows; NaN never is."""
    error = mine.astype(np.float64) - expected
    if precision == "fp16":
        return bool((error**2).mean() <= RELATIVE**2 * (expected.astype(np.float64) ** 2).mean())
    return bool(np.abs(error).max() <= ABSOLUTE)

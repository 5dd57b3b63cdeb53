"""What a backend of each stage must show before it serves."""

from collections.abc import Callable
from typing import Any

import numpy as np

from edged.backends.backend import HeadBackend
from edged.backends.probe import known_step, probe_features, probe_heads
from edged.backends.scout import Proof
from edged.geometry import EMBEDDING, HISTORY


def _heads_step(backend: HeadBackend) -> Callable[[], object]:
    history = (np.random.RandomState(0).standard_normal((HISTORY, EMBEDDING)) * 8).astype(np.float32)
    return lambda: backend.scores(history)


PROOFS: dict[str, Proof[Any]] = {
    "features": Proof(probe_features, lambda backend: known_step(backend.stream())),
    "heads": Proof(probe_heads, _heads_step),
}

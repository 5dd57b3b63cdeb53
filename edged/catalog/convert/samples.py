"""Inputs that a compiled graph is judged on."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edged.catalog.artifact import Floats, Stage
from edged.graphs.fused import EARLIER, MEL
from edged.graphs.head_graph import FEATURES


@dataclass(frozen=True, slots=True)
class Samples:
    """What heads and the embedding model were, or might be, asked. Every number is one of fp16."""

    histories: Floats
    """(n, 34, 96), newest embedding last."""
    mels: Floats
    """(n, 76, 32): what the newest embedding is of."""
    known: int
    """The first so many go along with the artifact as its probe; the rest are recordings."""

    def inputs(self, stage: Stage, window: int) -> dict[str, Floats]:
        """Return them by input name, as a graph of that stage takes them, first axis n."""
        if stage == "heads":
            return {FEATURES: np.ascontiguousarray(self.histories[:, -window:])}
        return {MEL: self.mels[..., None], EARLIER: np.ascontiguousarray(self.histories[:, -window:-1])}


def exact(values: Floats) -> Floats:
    """Return values rounded to numbers that fp16 has, so that rounding inputs is nobody's error."""
    return values.astype(np.float16).astype(np.float32)


def probe_file(inputs: Mapping[str, Floats], outputs: Mapping[str, Floats], known: int) -> bytes:
    """Return the .npz of the first `known` inputs (float16) and fp32 answers (float32)."""
    halves = {name: values[:known].astype(np.float16) for name, values in inputs.items()}
    file = io.BytesIO()
    save: Any = np.savez_compressed  # its stubs take every name for an option
    save(file, **halves, **{name: values[:known] for name, values in outputs.items()})
    return file.getvalue()

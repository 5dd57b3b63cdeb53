"""What `[[artifact]]` of a model.toml says about a model compiled for an accelerator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edged.catalog.model_file import ModelFile

Stage = Literal["heads", "embedding+heads"]
"""`heads`: input `feats` (1, window, 96), output `scores` (1, columns). `embedding+heads`: inputs `mel`
(1, 76, 32, 1) and `history` (1, window - 1, 96), outputs `scores` and `embedding` (1, 1, 96)."""
Precision = Literal["fp16", "int8"]
LayerNorm = Literal["plain", "safe"]
"""`safe`: without ReduceMean, for boards that compute the plain form wrongly."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Slot:
    """One head among the columns of the output `scores`."""

    name: str
    sha256: str
    """Of the ONNX file it was made from: a head is found by this, whatever it is called today."""
    at: int
    """Its first column."""
    outputs: int
    """Scores it answers."""
    switch: float | None = None
    """Of a head that was an `If`: its score is column `at + outputs` where column `at` is at least this,
    else column `at`."""

    @property
    def width(self) -> int:
        """Columns it takes."""
        return self.outputs if self.switch is None else 2 * self.outputs

    def scores(self, row: Floats) -> Floats:
        """Return its scores, shape (..., outputs), from rows of all columns, shape (..., columns)."""
        first = row[..., self.at : self.at + self.outputs]
        if self.switch is None:
            return first
        second = row[..., self.at + self.outputs : self.at + 2 * self.outputs]
        return np.where(first >= np.float32(self.switch), second, first)


@dataclass(frozen=True, slots=True)
class Canary:
    """A column that is a fixed projection of the input; `edged.graphs.canary` has its weights."""

    column: int
    seed: int
    tolerance: float
    """Largest difference from what the CPU computes for the same input."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled graph."""

    file: ModelFile
    probe: ModelFile
    """An .npz of the inputs by name, float16, first axis the windows, and the fp32 outputs by name."""
    provider: Literal["rknn"]
    target: str
    """The chip: `rk3588`."""
    stage: Stage
    window: int
    """Embeddings that its heads see."""
    heads: tuple[Slot, ...]
    canary: Canary | None
    """None in int8, whose one scale for all outputs it would spoil."""
    precision: Precision
    toolkit: str
    """Version of the compiler."""
    key: str
    """sha256 of all that went in: the compiler's output is not the same twice."""
    simulator_error: float
    """Largest difference of a score between the compiler's simulator and fp32."""
    layernorm: LayerNorm = "plain"
    embedding_sha256: str = ""
    """Of the embedding model inside; empty for stage `heads`."""
    npu_operators: int = 0
    """Operators that the compiler placed on the accelerator."""
    cpu_operators: tuple[str, ...] = ()
    """Those that it left to the CPU, inputs, outputs and reshapes apart."""

    @property
    def columns(self) -> tuple[str, ...]:
        """A name for each number of the output `scores`, in order; for people."""
        names = [name for head in self.heads for name in _names(head)]
        return (*names, "canary") if self.canary is not None else tuple(names)

    def score(self, row: Floats) -> dict[str, Floats]:
        """Return each head's scores by the sha256 of its ONNX file, from rows of shape (..., columns)."""
        return {head.sha256: head.scores(row) for head in self.heads}


def _names(head: Slot) -> list[str]:
    names = [head.name] if head.outputs == 1 else [f"{head.name}.{i}" for i in range(head.outputs)]
    return (
        names if head.switch is None else [f"{name}/{side}" for side in ("first", "then") for name in names]
    )


def covering(artifacts: Sequence[Artifact], sha256s: Sequence[str], stage: Stage) -> list[Artifact]:
    """Return the artifacts of a stage that serve at least one of these heads, in the order of the file."""
    wanted = set(sha256s)
    return [each for each in artifacts if each.stage == stage and wanted & {h.sha256 for h in each.heads}]

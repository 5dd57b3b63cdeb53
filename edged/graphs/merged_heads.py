"""Several heads of one window as one graph: one call to the NPU scores them all.

Its last column is the canary: a fixed projection of the input that tells a stale answer from a fresh one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edged.geometry import EMBEDDING
from edged.graphs.canary import canary_weights
from edged.graphs.head_graph import FEATURES, HeadGraph

SCORES = "scores"
"""Name of the output (1, columns)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a head answers among the columns."""

    at: int
    outputs: int
    switch: float | None


@dataclass(frozen=True, slots=True)
class MergedGraph:
    """A graph with the inputs and outputs of `Artifact.stage`."""

    model: bytes
    """Serialized ONNX."""
    placed: tuple[Placed, ...]
    """One per head, in order."""
    columns: int
    """The canary, the last, among them."""


def merge(heads: Sequence[HeadGraph], seed: int | None) -> MergedGraph:
    """Put heads of one window and one operator set side by side; `seed` is the canary's, None: without."""
    window, opset = heads[0].window, max(head.opset for head in heads)
    nodes, constants, columns = parts(heads, seed)
    graph = assemble(
        "heads", nodes, [(FEATURES, (1, window, EMBEDDING))], [(SCORES, (1, columns))], constants
    )
    return MergedGraph(serialize(graph, opset), place(heads), columns)


def parts(heads: Sequence[HeadGraph], seed: int | None) -> tuple[list[Any], list[Any], int]:
    """Return nodes and constants that make `scores` of `feats`, and how many columns it has."""
    from onnx import helper, numpy_helper

    make: Any = helper
    arrays: Any = numpy_helper
    nodes = [node for head in heads for node in head.nodes]
    constants = [tensor for head in heads for tensor in head.constants]
    pieces: list[str] = []
    for head in heads:
        for result in head.results:
            piece = result
            if head.rank != 2:
                piece = f"{result}_row"
                constants.append(arrays.from_array(np.array([1, head.outputs], np.int64), f"{piece}_shape"))
                nodes.append(make.make_node("Reshape", [result, f"{piece}_shape"], [piece], name=piece))
            pieces.append(piece)
    if seed is not None:
        weights = canary_weights(seed, heads[0].window)[:, None]
        constants.append(arrays.from_array(weights, "canary_weights"))
        nodes.append(make.make_node("Flatten", [FEATURES], ["canary_flat"], name="canary_flat", axis=1))
        nodes.append(make.make_node("MatMul", ["canary_flat", "canary_weights"], ["canary"], name="canary"))
        pieces.append("canary")
    if len(pieces) == 1:
        nodes.append(make.make_node("Identity", pieces, [SCORES], name=SCORES))
    else:
        nodes.append(make.make_node("Concat", pieces, [SCORES], name=SCORES, axis=1))
    columns = sum(head.outputs * len(head.results) for head in heads) + (seed is not None)
    return nodes, constants, columns


def place(heads: Sequence[HeadGraph]) -> tuple[Placed, ...]:
    """Return where each head answers."""
    placed: list[Placed] = []
    at = 0
    for head in heads:
        placed.append(Placed(at, head.outputs, head.switch))
        at += head.outputs * len(head.results)
    return tuple(placed)


Shapes = Sequence[tuple[str, tuple[int, ...]]]


def assemble(
    name: str, nodes: Sequence[Any], inputs: Shapes, outputs: Shapes, constants: Sequence[Any]
) -> Any:
    """Return a graph with float inputs and outputs."""
    import onnx
    from onnx import helper

    lib: Any = onnx
    make: Any = helper
    tensors = [
        [make.make_tensor_value_info(name, lib.TensorProto.FLOAT, shape) for name, shape in each]
        for each in (inputs, outputs)
    ]
    return make.make_graph(nodes, name, tensors[0], tensors[1], constants)


def serialize(graph: Any, opset: int) -> bytes:
    """Return the checked model of a graph: the same bytes for the same parts."""
    import onnx
    from onnx import helper

    lib: Any = onnx
    make: Any = helper
    # ir_version 8: newer than every operator set in use, older than what the compiler refuses
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", opset)], ir_version=8)
    lib.checker.check_model(model)
    return model.SerializeToString(deterministic=True)

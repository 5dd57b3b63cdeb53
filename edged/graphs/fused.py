"""The embedding model and the heads of one window as one graph: one call to the NPU per hop.

It takes the 76 mel frames of an embedding, as openWakeWord does, and not the streaming form: that
one's states would have to travel to the NPU and back every hop.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edged.errors import ModelError
from edged.geometry import EMBEDDING, MEL_BINS, MEL_WINDOW
from edged.graphs import onnx_file
from edged.graphs.head_graph import FEATURES, HeadGraph
from edged.graphs.merged_heads import SCORES, MergedGraph, assemble, parts, place, serialize
from edged.graphs.names import rename

MEL = "mel"
"""Input (1, 76, 32, 1)."""
EARLIER = "history"
"""Input (1, window - 1, 96): the embeddings before this one, newest last."""
EMBEDDING_OUT = "embedding"
"""Output (1, 1, 96)."""


def fuse(embedding: Path, heads: Sequence[HeadGraph], seed: int | None) -> MergedGraph:
    """Put openWakeWord's embedding model before heads of one window.

    Raises:
        ModelError: the file is missing, damaged, or not that model.
    """
    from onnx import helper, numpy_helper

    make: Any = helper
    arrays: Any = numpy_helper
    what = "embedding model"
    model = onnx_file.read(embedding, what)
    graph = model.graph
    opset = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    taken = [[d.dim_value for d in value.type.tensor_type.shape.dim] for value in graph.input]
    if len(taken) != 1 or taken[0][1:] != [MEL_WINDOW, MEL_BINS, 1] or len(graph.output) != 1:
        raise ModelError(f"{embedding}: {what}: takes {taken}, not (1, {MEL_WINDOW}, {MEL_BINS}, 1)")
    wanted = max(head.opset for head in heads)
    if opset > wanted:
        raise ModelError(f"{embedding}: {what}: of operator set {opset}, newer than the heads' {wanted}")
    names = rename(graph, "emb", {graph.input[0].name: MEL})
    del names[""]
    found = names[graph.output[0].name] if graph.output[0].name in names else graph.output[0].name
    nodes, constants, columns = parts(heads, seed)
    constants.append(arrays.from_array(np.array([1, 1, EMBEDDING], np.int64), "embedding_shape"))
    joint = [
        make.make_node("Reshape", [found, "embedding_shape"], [EMBEDDING_OUT], name=EMBEDDING_OUT),
        make.make_node("Concat", [EARLIER, EMBEDDING_OUT], [FEATURES], name=FEATURES, axis=1),
    ]
    fused = assemble(
        "fused",
        [*graph.node, *joint, *nodes],
        [(MEL, (1, MEL_WINDOW, MEL_BINS, 1)), (EARLIER, (1, heads[0].window - 1, EMBEDDING))],
        [(SCORES, (1, columns)), (EMBEDDING_OUT, (1, 1, EMBEDDING))],
        [*graph.initializer, *constants],
    )
    return MergedGraph(serialize(fused, wanted), place(heads), columns)

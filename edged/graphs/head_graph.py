"""A wake-word head as a part that other graphs are put together from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged.errors import ModelError
from edged.geometry import EMBEDDING, HISTORY
from edged.graphs import onnx_file
from edged.graphs.flatten_if import flatten
from edged.graphs.names import rename

OPSET = 13
"""Operators are those of this era or later: what the known heads were exported in."""
FEATURES = "feats"
"""Name of the tensor (1, window, 96) that heads see."""
QUANTIZED = ("QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul", "DynamicQuantizeLinear")


@dataclass(frozen=True, slots=True)
class HeadGraph:
    """The nodes of one head; its input is called `feats`, everything else after its prefix."""

    window: int
    outputs: int
    """Scores it answers."""
    switch: float | None
    """As `flatten_if` says."""
    results: tuple[str, ...]
    """Tensors of shape `result_shape`: its scores; with a switch also those of the other branch."""
    nodes: tuple[Any, ...]
    constants: tuple[Any, ...]
    opset: int
    rank: int
    """Axes of a result."""


def read_heads(heads: Sequence[tuple[str, Path]]) -> list[HeadGraph]:
    """Read heads, by name and file, that can be put together: of one operator set, and no name twice.

    Raises:
        ModelError: see `read_head`.
    """
    found = [read_head(path, name, f"h{i}") for i, (name, path) in enumerate(heads)]
    opset = max(head.opset for head in found)
    return [
        head if head.opset == opset else read_head(path, name, f"h{i}", opset)
        for i, (head, (name, path)) in enumerate(zip(found, heads, strict=True))
    ]


def read_head(path: Path, name: str, prefix: str, opset: int = OPSET) -> HeadGraph:
    """Read a head; `opset`: at least that of every part it is put together with.

    Raises:
        ModelError: no head of openWakeWord's shape, already quantized, or of a form that is not known.
    """
    what = f"head {name}"
    model = _batch_of_one(onnx_file.read(path, what))
    graph = model.graph
    window = _window(graph, what)
    _refuse_strange(graph, what)
    version = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    if version < opset:
        graph = _upgraded(model, opset, what).graph
    shape = _sizes(graph.output[0])
    results, switch = flatten(graph, what)
    count = 1
    for size in shape:
        count *= size
    names = rename(graph, prefix, {graph.input[0].name: FEATURES})
    return HeadGraph(
        window=window,
        outputs=count,
        switch=switch,
        results=tuple(names[each] for each in results),
        nodes=tuple(graph.node),
        constants=tuple(graph.initializer),
        opset=max(version, opset),
        rank=len(shape),
    )


def _batch_of_one(model: Any) -> Any:
    """Fix a batch that was left open; shapes that depended on it are the compiler's to find anew."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]  # old files list both
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    for value in (*model.graph.input, *model.graph.output):
        sizes = value.type.tensor_type.shape.dim
        if sizes and not sizes[0].dim_value:
            sizes[0].dim_value = 1
    return model


def _window(graph: Any, what: str) -> int:
    taken = [_sizes(value) for value in graph.input]
    if len(taken) != 1 or len(taken[0]) != 3 or taken[0][0] != 1 or taken[0][2] != EMBEDDING:
        said = " and ".join(str(tuple(size or "?" for size in sizes)).replace("'", "") for sizes in taken)
        raise ModelError(
            f"{what}: takes {said}, not (1, window, {EMBEDDING}): no head of openWakeWord's form"
        )
    if not 1 <= taken[0][1] <= HISTORY:
        raise ModelError(f"{what}: its window must be fixed and at most {HISTORY} embeddings")
    answered = [_sizes(value) for value in graph.output]
    if len(answered) != 1 or not answered[0] or answered[0][0] != 1 or not all(answered[0]):
        raise ModelError(f"{what}: answers {answered}, not one tensor (1, classes)")
    return taken[0][1]


def _refuse_strange(graph: Any, what: str) -> None:
    kinds = {node.op_type for node in graph.node}
    if found := sorted(kinds & set(QUANTIZED)):
        raise ModelError(f"{what}: is already quantized ({found[0]}); convert the fp32 file it was made from")
    if found := sorted(kinds & {"Loop", "Scan"}):
        raise ModelError(
            f"{what}: has a {found[0]}, and the NPU compiler takes no loops; it stays on the CPU"
        )


def _upgraded(model: Any, opset: int, what: str) -> Any:
    from onnx import version_converter

    convert: Any = version_converter.convert_version
    try:
        return convert(model, opset)
    except Exception as exc:  # the converter raises its own assertion texts as RuntimeError and worse
        raise ModelError(f"{what}: cannot be brought to operator set {opset} ({exc})") from exc


def _sizes(value: Any) -> list[int]:
    return [int(size.dim_value) for size in value.type.tensor_type.shape.dim]

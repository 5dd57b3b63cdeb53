"""What kind of head a model is: its window, its outputs and their names, read from the model itself."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged.errors import ModelError
from edged.geometry import EMBEDDING, HISTORY

NO_WORD = ("", "none")
"""Labels of an output that says "none of them": it is no column."""


@dataclass(frozen=True, slots=True)
class HeadShape:
    """Inputs and outputs of a head."""

    input: str
    window: int
    """Embeddings it sees."""
    output: str
    output_shape: tuple[int, ...]
    """The batch, if it was left open, taken as 1."""
    outputs: int
    """Numbers it answers."""


def read_shape(session: Any, name: str, path: Path) -> HeadShape:
    """Read the shape of an opened head.

    Raises:
        ModelError: it is no head of openWakeWord's shape: (1, window, 96) to (1, classes).
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    said = f"{path}: head {name}: takes {_text(inputs)}, answers {_text(outputs)}"
    wanted = f"expected one float input (1, up to {HISTORY}, {EMBEDDING}) and one float output (1, classes)"
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(f"{said}; {wanted}")
    taken, answered = list(inputs[0].shape), list(outputs[0].shape)
    floats = inputs[0].type == outputs[0].type == "tensor(float)"
    if not floats or len(taken) != 3 or not _one(taken[0]) or taken[2] != EMBEDDING:
        raise ModelError(f"{said}; {wanted}")
    if not isinstance(taken[1], int) or not 1 <= taken[1] <= HISTORY:
        raise ModelError(f"{said}; its window must be fixed and at most {HISTORY} embeddings")
    if not answered or not _one(answered[0]) or not all(_positive(size) for size in answered[1:]):
        raise ModelError(f"{said}; {wanted}")
    shape = (1, *answered[1:])
    count = 1
    for size in shape:
        count *= size
    return HeadShape(inputs[0].name, taken[1], outputs[0].name, shape, count)


def named_columns(
    name: str, path: Path, labels: tuple[str, ...], shape: HeadShape
) -> Iterator[tuple[int, str]]:
    """Yield output index and column name for each output that is a word.

    openWakeWord's timer has seven outputs and names six in a JSON map that is the name of its output
    tensor; the seventh is "none of them" and no column.

    Raises:
        ModelError: labels that do not fit the outputs.
    """
    if len(labels) not in (0, shape.outputs):
        raise ModelError(f"{path}: head {name} has {shape.outputs} outputs and {len(labels)} labels")
    if shape.outputs == 1:
        yield 0, name
        return
    names = dict(enumerate(labels)) or _class_map(shape) or {i: str(i) for i in range(shape.outputs)}
    for index, label in sorted(names.items()):
        if label not in NO_WORD:
            yield index, f"{name}.{label}"


def _class_map(shape: HeadShape) -> dict[int, str]:
    """Return the classes that the output's name spells out, or nothing."""
    if not shape.output.lstrip().startswith("{"):
        return {}
    try:
        found: dict[Any, Any] = json.loads(shape.output)
        classes = {int(index): str(label) for index, label in found.items()}
    except ValueError:
        return {}
    return classes if all(0 <= index < shape.outputs for index in classes) else {}


def _one(size: Any) -> bool:
    """Tell whether a dimension is 1 or left open (onnxruntime: a name or None)."""
    return size == 1 or not isinstance(size, int)


def _positive(size: Any) -> bool:
    return isinstance(size, int) and size >= 1


def _text(tensors: Any) -> str:
    return ", ".join(f"{tensor.type}{list(tensor.shape)}" for tensor in tensors) or "nothing"

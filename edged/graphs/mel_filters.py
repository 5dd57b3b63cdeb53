"""The numbers inside openWakeWord's melspectrogram.onnx, trimmed to those that matter.

The model is a DFT of 257 bins over 512 samples as two convolutions, its power, and a mel matrix. The
window leaves 399 samples different from zero, the mel matrix 120 bins, and the rest is multiplied by
zero: 766,080 multiply-adds per hop remain of 2,105,344.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edged.errors import ModelError
from edged.geometry import MEL_BINS, MEL_HOP
from edged.graphs import onnx_file

WINDOW = slice(57, 456)
"""Samples of the 512 that the analysis window (Hann 400, centred) does not zero: 399."""
BINS = slice(2, 122)
"""Bins of the 257 that the mel matrix does not zero: 120, of 62.5 Hz to 3.8 kHz."""
CLIP_DB = 80.0
"""Decibels below the loudest cell of a call at which the model clips."""
FLOOR = 1e-10
"""Power under which the model takes no logarithm."""

_WHAT = "melspectrogram model"
# fmt: off
_OPERATORS = [
    "Unsqueeze", "Conv", "Conv", "Unsqueeze", "Transpose", "Unsqueeze", "Transpose", "Pow", "Pow", "Add",
    "MatMul", "Clip", "Log", "Mul", "Div", "Sub", "ReduceMax", "Sub", "Cast", "Clip",
]
# fmt: on
_NUMBERS = [2.0, 2.0, 10.0, float(np.log(10.0)), 0.0, CLIP_DB, FLOOR]
"""Two exponents, 10 / ln 10, the reference level, the clip, and the floor."""


@dataclass(frozen=True, slots=True)
class MelFilters:
    """What is left of the model."""

    dft: NDArray[np.float32]
    """Shape (399, 240): windowed cosines of 120 bins, then sines."""
    mel: NDArray[np.float32]
    """Shape (120, 32): power to mel bands."""


def read(path: Path) -> MelFilters:
    """Read the filters out of a melspectrogram.onnx.

    Raises:
        ModelError: the file is missing, damaged, or not that model.
    """
    graph = onnx_file.read(path, _WHAT).graph
    nodes = [node for node in graph.node if node.op_type != "Constant"]
    operators = [node.op_type for node in nodes]
    if operators != _OPERATORS:
        raise ModelError(f"{path}: not openWakeWord's {_WHAT}: its operators are {_brief(operators)}")
    try:
        values = onnx_file.constants(graph)
    except ModelError as exc:
        raise ModelError(f"{path}: {_WHAT}: {exc}") from exc
    floor = values.get(nodes[11].input[1])
    stride = [onnx_file.attributes(nodes[index]).get("strides") for index in (1, 2)]
    scalars = [values.get(node.output[0]) for node in graph.node if node.op_type == "Constant"]
    numbers = [float(value) for value in [*scalars, floor] if value is not None and value.ndim == 0]
    if (
        stride != [[MEL_HOP]] * 2
        or len(numbers) != len(_NUMBERS)
        or not np.allclose(numbers, _NUMBERS, atol=0)
    ):
        raise ModelError(f"{path}: not openWakeWord's {_WHAT}: other constants inside")
    try:
        cosine, sine = (_array(values, nodes[index], (257, 1, 512))[:, 0] for index in (1, 2))
        mel = _array(values, nodes[10], (257, MEL_BINS))
    except ModelError as exc:
        raise ModelError(f"{path}: not openWakeWord's {_WHAT}: {exc}") from exc
    basis = np.concatenate([cosine[BINS], sine[BINS]])
    unused = np.ones(basis.shape[1], np.bool_)
    unused[WINDOW] = False
    if basis[:, unused].any() or mel[: BINS.start].any() or mel[BINS.stop :].any():
        raise ModelError(f"{path}: not openWakeWord's {_WHAT}: another window or other mel bands")
    return MelFilters(np.ascontiguousarray(basis[:, WINDOW].T), np.ascontiguousarray(mel[BINS]))


def _array(values: dict[str, Any], node: Any, shape: tuple[int, ...]) -> NDArray[np.float32]:
    found = values.get(node.input[1])
    if found is None or found.shape != shape or found.dtype != np.float32:
        raise ModelError(f"its {node.op_type} holds no float32 constant of shape {shape}")
    return found


def _brief(operators: list[str]) -> str:
    return ", ".join(operators[:6]) + (" …" if len(operators) > 6 else "")

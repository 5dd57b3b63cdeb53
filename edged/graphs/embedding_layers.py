"""The layers inside openWakeWord's embedding_model.onnx.

A chain of 20 convolutions (3x3, then 1x3 and 3x1 in turn), each but the last followed by
max(leaky_relu(x, 0.2), -0.4) and some by a pool. A chain of another length, or with one of `OTHERS` in the
place of the activation, is read as well; anything else is refused, by what differs.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edged.errors import ModelError
from edged.geometry import EMBEDDING, MEL_BINS, MEL_PER_HOP, MEL_WINDOW
from edged.graphs import onnx_file

SLOPE = np.float32(0.2)
"""Of the leaky half of the activation."""
LOWEST = np.float32(-0.4)
"""Below which the activation never goes."""

OTHERS = (
    *("Abs", "Celu", "Elu", "HardSigmoid", "Identity", "Relu", "Selu", "Sigmoid", "Softplus", "Softsign"),
    *("Tanh", "ThresholdedRelu"),
)
"""Operators of one input that keep every number in its place: rows of hops before need not be seen again."""

_WHAT = "embedding model"


@dataclass(frozen=True, slots=True)
class Other:
    """An operator that openWakeWord's own model does not have."""

    kind: str
    name: str
    """Of the node."""
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution, its activation, its pool."""

    weights: NDArray[np.float32]
    """Shape (out, in, height, width): 3x3, 3x1 or 1x3."""
    bias: NDArray[np.float32] | None
    activated: bool
    pool: tuple[int, int]
    """Kernel and stride along (time, mel); (1, 1) without."""
    others: tuple[Other, ...] = ()
    """What stands in the place of the activation, before the pool."""


def read(path: Path) -> tuple[Layer, ...]:
    """Read the layers of an embedding_model.onnx, in order of flow.

    Raises:
        ModelError: the file is missing, damaged, or not that model.
    """
    graph = onnx_file.read(path, _WHAT).graph
    try:
        found = tuple(_walk(graph, onnx_file.constants(graph)))
        _check_geometry(found)
    except ModelError as exc:
        raise ModelError(f"{path}: not openWakeWord's {_WHAT}: {exc}") from exc
    return found


def _walk(graph: Any, values: dict[str, Any]) -> Iterator[Layer]:
    """Walk the chain of nodes; every node must be of a kind we know, with the attributes we keep."""
    nodes = list(graph.node)
    kinds = [node.op_type for node in nodes]
    if len(kinds) < 3 or kinds[0] != "Reshape" or kinds[-1] != "Reshape":
        raise ModelError(f"it starts with {kinds[0]} and ends with {kinds[-1]}, expected Reshape twice")
    for earlier, later in itertools.pairwise(nodes):
        if not later.input or later.input[0] != earlier.output[0]:
            raise ModelError(f"{later.op_type} does not follow {earlier.op_type} in one chain")
    at = 1
    while at < len(nodes) - 1:
        weights, bias = _convolution(nodes[at], values)
        activated = kinds[at + 1 : at + 3] == ["LeakyRelu", "Max"]
        if activated:
            _check_activation(nodes[at + 1], nodes[at + 2], values)
        at += 3 if activated else 1
        others: list[Other] = []
        while kinds[at] in OTHERS:
            others.append(Other(kinds[at], nodes[at].name, onnx_file.attributes(nodes[at])))
            at += 1
        pool = (1, 1)
        if kinds[at] == "MaxPool":
            pool = _pool(nodes[at])
            at += 1
        yield Layer(weights, bias, activated, pool, tuple(others))


def _convolution(node: Any, values: dict[str, Any]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    if node.op_type != "Conv":
        raise ModelError(f"{node.op_type} (node {node.name!r}) where a Conv was expected")
    weights = values.get(node.input[1])
    bias = values.get(node.input[2]) if len(node.input) > 2 else None
    if weights is None or weights.dtype != np.float32 or weights.ndim != 4:
        raise ModelError("a Conv without constant float32 weights")
    if len(node.input) > 2 and (bias is None or bias.dtype != np.float32):
        raise ModelError("a Conv without a constant float32 bias")
    height, width = weights.shape[2:]
    along_mel = 1 if width == 3 else 0
    attributes = onnx_file.attributes(node)
    if (
        (height, width) not in ((3, 3), (1, 3), (3, 1))
        or list(attributes.get("pads", [0] * 4)) != [0, along_mel, 0, along_mel]
        or list(attributes.get("strides", [1, 1])) != [1, 1]
        or list(attributes.get("dilations", [1, 1])) != [1, 1]
        or attributes.get("group", 1) != 1
        or attributes.get("auto_pad", b"NOTSET") != b"NOTSET"
    ):
        raise ModelError(f"a {height}x{width} Conv with other padding, strides or groups")
    return weights, bias


def _check_activation(leaky: Any, most: Any, values: dict[str, Any]) -> None:
    slope = np.float32(onnx_file.attributes(leaky).get("alpha", 0.01))
    lowest = values.get(most.input[1]) if len(most.input) == 2 else None
    if slope != SLOPE or lowest is None or lowest.size != 1 or lowest.reshape(-1)[0] != LOWEST:
        raise ModelError("an activation other than max(leaky_relu(x, 0.2), -0.4)")


def _pool(node: Any) -> tuple[int, int]:
    attributes = onnx_file.attributes(node)
    kernel = list(attributes.get("kernel_shape", []))
    if kernel not in ([2, 2], [1, 2]) or list(attributes.get("strides", [1, 1])) != kernel:
        raise ModelError(f"a MaxPool of {kernel} with other strides")
    if any(attributes.get("pads", [])) or attributes.get("ceil_mode", 0):
        raise ModelError("a MaxPool with padding")
    return kernel[0], kernel[1]


def _check_geometry(found: tuple[Layer, ...]) -> None:
    """Follow 76 frames of 32 bands through the layers: no pool may drop a row, one embedding must remain."""
    channels, time, mel, fresh = 1, MEL_WINDOW, MEL_BINS, MEL_PER_HOP
    for layer in found:
        out, needs, height, _ = layer.weights.shape
        rows, bands = layer.pool
        time -= height - 1
        if needs != channels or time % rows or fresh % rows or mel % bands or time < 1:
            raise ModelError(f"a Conv of shape {layer.weights.shape} does not fit what comes before it")
        channels, time, mel, fresh = out, time // rows, mel // bands, fresh // rows
    if (channels, time, mel, fresh) != (EMBEDDING, 1, 1, 1):
        raise ModelError(
            f"{MEL_WINDOW} mel frames become {channels} x {time} x {mel} numbers, expected {EMBEDDING}"
        )

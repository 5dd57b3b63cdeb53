"""Heads of the test data and others made here, and what graphs answer."""

from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from edged.geometry import EMBEDDING
from tests.assets import asset

KNOWN = {
    "alexa": ("wake/heads/alexa_v0.1.onnx", 16, 1),
    "hey_jarvis": ("wake/heads/hey_jarvis_v0.1.onnx", 16, 1),
    "hey_mycroft": ("wake/heads/hey_mycroft_v0.1.onnx", 16, 1),
    "hey_rhasspy": ("wake/heads/hey_rhasspy_v0.1.onnx", 16, 1),
    "hey_nabu_v2": ("wake/heads/community/hey_nabu_v2.onnx", 16, 1),
    "weather": ("wake/heads/weather_v0.1.onnx", 22, 1),
    "timer": ("wake/heads/timer_v0.1.onnx", 34, 7),
}
"""File, window and outputs."""


def head(name: str) -> Path:
    return asset(KNOWN[name][0])


def windows(window: int, count: int = 40, seed: int = 0) -> np.ndarray:
    """Embeddings as loud as real ones, shape (count, window, 96)."""
    return (np.random.default_rng(seed).normal(size=(count, window, EMBEDDING)) * 8).astype(np.float32)


def answers(model: Path | bytes, *inputs: np.ndarray) -> np.ndarray:
    """The first output of a graph, first axis that of the inputs."""
    session = onnxruntime.InferenceSession(model if isinstance(model, bytes) else str(model))
    names = [each.name for each in session.get_inputs()]
    rows = [
        session.run(None, {name: each[i : i + 1] for name, each in zip(names, inputs, strict=True)})[0]
        for i in range(len(inputs[0]))
    ]
    return np.concatenate(rows)


def tiny(path: Path, nodes, outputs=(("y", (1, 1)),), window=16, inits=(), inputs=None) -> Path:
    """Write a network of a test's own, its input `x` (1, window, 96)."""
    taken = inputs or [("x", (1, window, EMBEDDING))]
    tensors = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in each]
        for each in (taken, outputs)
    ]
    weights = [numpy_helper.from_array(value, name) for name, value in inits]
    graph = helper.make_graph(list(nodes), "tiny", tensors[0], tensors[1], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def switched(path: Path, comparison="GreaterOrEqual", threshold=0.5, other="Identity", last=True) -> Path:
    """Write a head that verifies its score by a second network where it is high, as hey_jarvis does."""
    rng = np.random.default_rng(3)
    weights = [(f"w{i}", (rng.normal(size=(16 * EMBEDDING, 1)) / 300).astype(np.float32)) for i in (1, 2)]

    def branch(name, nodes):
        out = helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, (1, 1))
        return helper.make_graph(nodes, name, [], [out])

    make = helper.make_node
    inner = [make("MatMul", ["flat", "w2"], ["inner"]), make("Sigmoid", ["inner"], ["then_out"])]
    nodes = [
        make("Flatten", ["x"], ["flat"], axis=1),
        make("MatMul", ["flat", "w1"], ["raw"]),
        make("Sigmoid", ["raw"], ["first"]),
        make(comparison, ["first", "threshold"], ["high"]),
        make(
            "If",
            ["high"],
            ["y" if last else "chosen"],
            then_branch=branch("then", inner),
            else_branch=branch("else", [make(other, ["first"], ["else_out"])]),
        ),
        *([] if last else [make("Neg", ["chosen"], ["y"])]),
    ]
    return tiny(path, nodes, inits=[*weights, ("threshold", np.array([[threshold]], np.float32))])

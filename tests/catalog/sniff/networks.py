"""Small ONNX models as a test needs them, made with the onnx package."""

from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper


def network(
    inputs: dict[str, list],
    outputs: dict[str, list],
    metadata: dict[str, object] | None = None,
    weights: dict[str, np.ndarray] | None = None,
    operators: tuple[str, ...] = ("Identity",),
    kind: int = TensorProto.FLOAT,
) -> ModelProto:
    """A model whose graph is not meant to run: what counts is what it says of itself."""
    nodes = [helper.make_node(name, [next(iter(inputs))], [next(iter(outputs))]) for name in operators]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="a test", ir_version=8
    )
    helper.set_model_props(model, {key: str(value) for key, value in (metadata or {}).items()})
    return model


def head(window: object = 16, outputs: int = 1, names: tuple[str, str] = ("x", "y")) -> ModelProto:
    return network({names[0]: [1, window, 96]}, {names[1]: [1, outputs]})


def save(model: ModelProto, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path

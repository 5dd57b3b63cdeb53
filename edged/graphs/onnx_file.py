"""Reading an ONNX file that somebody else made."""

from pathlib import Path
from typing import Any

from edged.errors import ModelError


def read(path: Path, what: str) -> Any:
    """Return the ModelProto of a file; `what` says in errors which model was expected.

    Raises:
        ModelError: the file is missing, unreadable, or no ONNX.
    """
    import onnx
    from google.protobuf.message import DecodeError

    library: Any = onnx  # protobuf classes carry no types
    try:
        model = library.load_model(str(path), load_external_data=False)
    except OSError as exc:
        raise ModelError(f"{path}: {what}: {exc.strerror or exc}") from exc
    except DecodeError as exc:
        raise ModelError(f"{path}: {what}: not an ONNX file, or a damaged one") from exc
    if not model.graph.node:
        raise ModelError(f"{path}: {what}: not an ONNX file, or a damaged one")
    return model


def constants(graph: Any) -> dict[str, Any]:
    """Return every constant tensor of a graph by name, as numpy arrays.

    Raises:
        ModelError: a tensor lies in another file or is damaged.
    """
    from onnx import numpy_helper

    to_array: Any = numpy_helper.to_array
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    tensors |= {node.output[0]: node.attribute[0].t for node in graph.node if _holds_tensor(node)}
    found: dict[str, Any] = {}
    for name, tensor in tensors.items():
        if tensor.data_location:
            raise ModelError(f"tensor {name} lies in another file")
        try:
            found[name] = to_array(tensor)
        except (ValueError, TypeError, KeyError) as exc:
            raise ModelError(f"tensor {name}: {exc}") from exc
    return found


def _holds_tensor(node: Any) -> bool:
    return node.op_type == "Constant" and [each.name for each in node.attribute] == ["value"]


def attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of a node as Python values."""
    from onnx import helper

    value: Any = helper.get_attribute_value
    return {attribute.name: value(attribute) for attribute in node.attribute}

"""Reads what an ONNX file of a recognizer says of itself, and holds it against what its family needs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edged.errors import ModelError
from edged.stages.recognize.forms import Dims, Found, Graph, Kind, Limits, Seen

WAY_OUT = "fetch the model again"
WHOSE = "is `family` or the role right in model.toml?"
BANDS = 80
"""Mel bands of every family's features."""
MAX_LIST = 1000
"""Most numbers in a list; a stack of encoders has six, a list of languages a hundred."""


def read_graph(path: Path) -> Seen:
    """Return what a file says of itself.

    Raises:
        ModelError: it is no ONNX model, or cut short.
    """
    import onnx
    from google.protobuf.message import DecodeError  # onnx brings it

    onnx_: Any = onnx  # types are generated at run time
    try:
        model: Any = onnx_.load(str(path), load_external_data=False)
    except (OSError, ValueError, DecodeError) as exc:
        raise ModelError(f"{path}: is no ONNX model, or cut short ({type(exc).__name__}); {WAY_OUT}") from exc
    if not model.graph.node:
        raise ModelError(f"{path}: is no ONNX model (no nodes); {WAY_OUT}")
    fixed = {tensor.name for tensor in model.graph.initializer}  # older exports list their weights as inputs
    return Seen(
        tuple(_dims(value) for value in model.graph.input if value.name not in fixed),
        tuple(_dims(value) for value in model.graph.output),
        {str(entry.key): str(entry.value) for entry in model.metadata_props},
    )


def check_graph(path: Path, seen: Seen, wanted: Graph) -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
    """Return the whole numbers and the lists of a graph's metadata.

    Raises:
        ModelError: its family needs something else.
    """
    more = wanted.exactly and len(seen.inputs) > wanted.inputs
    if more or len(seen.inputs) < wanted.inputs or len(seen.outputs) < wanted.outputs:
        raise ModelError(
            f"{path}: {len(seen.inputs)} inputs and {len(seen.outputs)} outputs; its family has"
            f" {wanted.inputs} and {wanted.outputs}: {WHOSE}"
        )
    kind = _kind(path, seen, wanted)
    integers = dict(wanted.integers) | dict(kind.integers if kind else {})
    lists = (*wanted.lists, *(kind.lists if kind else ()))
    for key in (*integers, *wanted.words, *lists, *wanted.floats):
        if key not in seen.metadata:
            raise ModelError(f"{path}: metadata {key!r} is missing: {WHOSE}")
    for key, allowed in {**wanted.words, **wanted.optional}.items():
        value = seen.metadata.get(key)
        if value is not None and value not in allowed:
            raise ModelError(f"{path}: metadata {key!r} is {value!r:.40}, not one of {allowed}")
    numbers = {key: _whole(path, key, seen.metadata[key], limits) for key, limits in integers.items()}
    found = {key: _list(path, key, seen.metadata[key]) for key in lists}
    for step, window in (("chunk_shift", "window_size"), ("decode_chunk_len", "T")):
        if numbers.get(step, 0) > numbers.get(window, 0):
            raise ModelError(f"{path}: metadata {step!r} is larger than {window!r}; {WAY_OUT}")
    for key in wanted.floats:
        _floats(path, key, seen.metadata[key], BANDS * numbers["lfr_window_size"])
    if kind:
        _check_kind(path, seen, kind, Found({}, numbers, found, ()))
    return numbers, found


def _kind(path: Path, seen: Seen, wanted: Graph) -> Kind | None:
    if not wanted.kinds:
        return None
    named = seen.metadata.get("model_type", "")
    if named not in wanted.kinds:
        known = ", ".join(wanted.kinds)
        raise ModelError(f"{path}: metadata 'model_type' is {named!r:.40}, not one of {known}: {WHOSE}")
    return wanted.kinds[named]


def _check_kind(path: Path, seen: Seen, kind: Kind, found: Found) -> None:
    lengths = {len(found.lists[key]) for key in kind.lists}
    if len(lengths) > 1:
        raise ModelError(f"{path}: metadata {', '.join(kind.lists)} are not equally long; {WAY_OUT}")
    wanted = tuple(1 + count for count in kind.states(found))
    if (len(seen.inputs), len(seen.outputs)) != wanted:
        raise ModelError(
            f"{path}: {len(seen.inputs)} inputs and {len(seen.outputs)} outputs, its metadata say"
            f" {wanted[0]} and {wanted[1]}; {WAY_OUT}"
        )


def _dims(value: Any) -> Dims:
    sizes: Iterable[Any] = value.type.tensor_type.shape.dim
    return tuple(int(size.dim_value) if size.HasField("dim_value") else None for size in sizes)


def _whole(path: Path, key: str, value: str, limits: Limits) -> int:
    low, high = limits
    if not (value.isascii() and value.isdigit() and len(value) < 10 and low <= int(value) <= high):
        raise ModelError(f"{path}: metadata {key!r} is {value!r:.40}, not {low} to {high}; {WAY_OUT}")
    return int(value)


def _list(path: Path, key: str, value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.split(",")]
    if len(parts) > MAX_LIST or not all(
        part.isascii() and part.isdigit() and len(part) < 8 for part in parts
    ):
        raise ModelError(f"{path}: metadata {key!r} is {value!r:.40}, not whole numbers; {WAY_OUT}")
    return tuple(int(part) for part in parts)


def _floats(path: Path, key: str, value: str, count: int) -> None:
    """Refuse another number of values: sherpa-onnx multiplies as many as it was told of, or beyond them."""
    try:
        found = len([float(part) for part in value.split(",")])
    except ValueError:
        found = 0
    if found != count:
        raise ModelError(f"{path}: metadata {key!r} holds {found} numbers, not {count}; {WAY_OUT}")

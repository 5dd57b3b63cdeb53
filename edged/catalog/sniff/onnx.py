"""What an ONNX file says of itself: inputs, outputs, operators, metadata; its weights are stepped over.

Field numbers: onnx/onnx.proto of ONNX 1.23.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from edged.catalog.sniff.pages import Malformed, Pages
from edged.catalog.sniff.protobuf import Budget, Message, signed

MAGIC = b"\x08"
"""First byte of every ONNX file: the tag of `ir_version`, which all writers put first."""
MAX_IR_VERSION = 64
"""Versions are counted one by one since 2017 and have reached 13."""
MAX_RANK = 32
"""Dimensions of a tensor; the product of more would be no number to compute with."""
FLOAT = 1
TYPES = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}
"""Names of `TensorProto.DataType`, for people."""
BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 14: 8, 15: 16, 16: 2}
"""Bytes of a number, by type."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output."""

    name: str
    type: int | None
    """`TensorProto.DataType`; None for what is no tensor."""
    shape: tuple[int | None, ...] | None
    """None for a size left open; None in all where nothing is said."""

    def __str__(self) -> str:
        sizes = "" if self.shape is None else ", ".join("?" if s is None else str(s) for s in self.shape)
        return f"{TYPES.get(self.type or 0, 'something')} [{sizes}]"


@dataclass(frozen=True, slots=True)
class Onnx:
    """A model's own facts."""

    producer: str
    opset: int
    inputs: tuple[Tensor, ...]
    """Without those that are weights."""
    outputs: tuple[Tensor, ...]
    operators: Mapping[str, int]
    """How often each stands in the main graph."""
    metadata: Mapping[str, str]
    external: bool
    """Some weights lie in another file."""

    def __str__(self) -> str:
        return f"takes {_listed(self.inputs)}, answers {_listed(self.outputs)}"


def read_onnx(pages: Pages) -> Onnx | None:
    """Return what an ONNX file says, or None where it is something else.

    Raises:
        Malformed: it begins as ONNX and breaks later.
    """
    if pages.head(1) != MAGIC:
        return None
    reader = _Reader()
    top = iter(Message(pages, 0, pages.size, Budget()))
    _, version = next(top)
    if not isinstance(version, int) or not 1 <= version <= MAX_IR_VERSION:
        return None
    for field in top:
        reader.take(field)
    return reader.facts() if reader.graphs else None


class _Reader:
    def __init__(self) -> None:
        self.graphs = 0
        self.producer = ""
        self.opset = 0
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self.weights: set[str] = set()
        self.operators: Counter[str] = Counter()
        self.metadata: dict[str, str] = {}
        self.external = False

    def facts(self) -> Onnx:
        if not self.operators:
            raise Malformed("no operators in it")
        inputs = tuple(tensor for tensor in self.inputs if tensor.name not in self.weights)
        return Onnx(
            self.producer,
            self.opset,
            inputs,
            tuple(self.outputs),
            self.operators,
            self.metadata,
            self.external,
        )

    def take(self, field: tuple[int, int | Message | None]) -> None:
        """One field of ModelProto."""
        match field:
            case 2, Message() as name:
                self.producer = name.text()
            case 7, Message() as graph:
                self.graphs += 1
                for inner in graph:
                    self._graph(inner)
            case 8, Message() as operators:
                domain, version = "", 0
                for inner in operators:
                    match inner:
                        case 1, Message() as name:
                            domain = name.text()
                        case 2, int(version):
                            pass
                        case _:
                            pass
                if domain in ("", "ai.onnx"):
                    self.opset = version
            case 14, Message() as entry:
                texts = {number: value.text() for number, value in entry if isinstance(value, Message)}
                self.metadata[texts.get(1, "")] = texts.get(2, "")
            case _:
                pass

    def _graph(self, field: tuple[int, int | Message | None]) -> None:
        match field:
            case 1, Message() as node:
                for inner in node:
                    match inner:
                        case 4, Message() as operator:
                            self.operators[operator.text()] += 1
                        case _:
                            pass
            case 5, Message() as weight:
                self._weight(weight)
            case 11, Message() as tensor:
                self.inputs.append(_tensor(tensor))
            case 12, Message() as tensor:
                self.outputs.append(_tensor(tensor))
            case _:
                pass

    def _weight(self, weight: Message) -> None:
        """One TensorProto; its numbers are counted, not read."""
        name, sizes, kind, raw, external = "", list[int](), 0, None, False
        for inner in weight:
            match inner:
                case 1, int(size):
                    sizes.append(size)
                case 1, Message() as packed:
                    sizes += packed.packed()
                case 2, int(kind):
                    pass
                case 8, Message() as text:
                    name = text.text()
                case 9, Message() as numbers:
                    raw = len(numbers)
                case 14, int(place):
                    external = place == 1
                case _:
                    pass
        self.weights.add(name)
        self.external |= external
        if len(sizes) > MAX_RANK:
            raise Malformed(f"weights of {len(sizes)} dimensions")
        if raw is not None and not external and kind in BYTES and raw != math.prod(sizes) * BYTES[kind]:
            raise Malformed(f"weights of {raw} bytes that should have {math.prod(sizes) * BYTES[kind]}")


def _tensor(info: Message) -> Tensor:
    """One ValueInfoProto."""
    name, kind, shape = "", None, None
    for field in info:
        match field:
            case 1, Message() as text:
                name = text.text()
            case 2, Message() as types:
                for inner in types:
                    match inner:
                        case 1, Message() as tensor:
                            kind, shape = _tensor_type(tensor)
                        case _:
                            pass
            case _:
                pass
    return Tensor(name, kind, shape)


def _tensor_type(message: Message) -> tuple[int | None, tuple[int | None, ...] | None]:
    kind: int | None = None
    shape: tuple[int | None, ...] | None = None
    for field in message:
        match field:
            case 1, int(kind):
                pass
            case 2, Message() as sizes:
                shape = tuple(_size(size) for _, size in sizes if isinstance(size, Message))
            case _:
                pass
    return kind, shape


def _size(dimension: Message) -> int | None:
    for field in dimension:
        match field:
            case 1, int(size):
                return signed(size)
            case _:
                pass
    return None


def _listed(tensors: tuple[Tensor, ...]) -> str:
    shown = " and ".join(str(tensor) for tensor in tensors[:3]) or "nothing"
    return f"{shown} and {len(tensors) - 3} more" if len(tensors) > 3 else shown

"""What a TFLite file says of itself: the shape of its first input and output.

Tables of TensorFlow's schema.fbs: a model's slot 2 are its subgraphs, whose slots 0, 1, 2 are tensors, inputs
and outputs; a tensor's slots 0 and 1 are shape and type.
"""

from dataclasses import dataclass

from edged.catalog.sniff.pages import Malformed, Pages
from edged.catalog.sniff.verdict import Verdict, refused
from edged.geometry import EMBEDDING

MAGIC = b"TFL3"
"""At byte 4."""
MAX_RANK = 8
MICRO_FEATURES = 40
"""Filter-bank channels that microWakeWord's models take."""
TYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 7: "int16", 9: "int8"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output."""

    type: int
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{TYPES.get(self.type, 'something')} {list(self.shape)}"


def read_tflite(pages: Pages) -> tuple[Tensor, Tensor]:
    """Return the first input and the first output.

    Raises:
        Malformed: its tables do not fit.
    """
    flat = _Flat(pages)
    subgraph = flat.element(flat.slot(flat.follow(0), 2), 0)
    tensors = flat.slot(subgraph, 0)
    ends = [flat.numbers(flat.slot(subgraph, slot)) for slot in (1, 2)]
    if not ends[0] or not ends[1]:
        raise Malformed("no inputs or outputs in it")
    taken, answered = (flat.element(tensors, end[0]) for end in ends)
    return _tensor(flat, taken), _tensor(flat, answered)


def _tensor(flat: "_Flat", table: int) -> Tensor:
    kind = flat.field(table, 1)
    shape = flat.field(table, 0)
    sizes = flat.numbers(flat.follow(shape)) if shape else []
    return Tensor(flat.byte(kind) if kind else 0, tuple(sizes))


class _Flat:
    """Steps through flatbuffers: every step is checked against the file's end, and none is repeated."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def follow(self, at: int) -> int:
        return at + self._pages.uint(at, 4)

    def byte(self, at: int) -> int:
        return self._pages.uint(at, 1)

    def field(self, table: int, slot: int) -> int:
        """Return where a table's slot lies; 0: it has its default."""
        back = int.from_bytes(self._pages.read(table, 4), "little", signed=True)
        vtable = table - back
        if 4 + 2 * slot >= self._pages.uint(vtable, 2):
            return 0
        offset = self._pages.uint(vtable + 4 + 2 * slot, 2)
        return table + offset if offset else 0

    def slot(self, table: int, slot: int) -> int:
        at = self.field(table, slot)
        if at == 0:
            raise Malformed("a table is missing")
        return self.follow(at)

    def element(self, vector: int, index: int) -> int:
        """Return where the table lies that a vector's element points to."""
        if not 0 <= index < self._pages.uint(vector, 4):
            raise Malformed("a table is missing")
        return self.follow(vector + 4 + 4 * index)

    def numbers(self, vector: int) -> list[int]:
        count = self._pages.uint(vector, 4)
        if count > MAX_RANK * MAX_RANK:
            raise Malformed(f"a list of {count} numbers where a few belong")
        return [
            int.from_bytes(self._pages.read(vector + 4 + 4 * index, 4), "little", signed=True)
            for index in range(count)
        ]


def judge_tflite(taken: Tensor, answered: Tensor) -> Verdict:
    """Say what it is; edged runs no TFLite."""
    if len(taken.shape) == 3 and taken.shape[2] == EMBEDDING:
        return refused(
            f"an openWakeWord head in TFLite form, window {taken.shape[1]}",
            "edged runs the ONNX form; openWakeWord's training writes both, so look for the .onnx beside it",
        )
    if len(taken.shape) == 3 and taken.shape[2] == MICRO_FEATURES:
        return refused(
            f"a microWakeWord model (TFLite on {MICRO_FEATURES} spectral features)",
            "edged runs heads on openWakeWord's embeddings; look for an openWakeWord .onnx of the same word",
        )
    return refused(
        f"a TFLite model: takes {taken}, answers {answered}", "edged runs ONNX; look for that form"
    )

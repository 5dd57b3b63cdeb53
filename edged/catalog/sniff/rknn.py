"""What an RKNN file says of itself: the chip it was made for, the toolkit that made it, what goes in and out.

Layout, read off files of toolkits 1.3.4 to 2.5.0: "RKNN", zeros to 8, the version of the format and the
length N of the compiled part as 8 bytes each, zeros to 64, N bytes, the length of a JSON text as 8 bytes,
that text and nothing behind it.
"""

import json
from dataclasses import dataclass
from typing import Any

from edged.catalog.sniff.pages import Malformed, Pages
from edged.catalog.sniff.verdict import Verdict, quoted, refused

MAGIC = b"RKNN"
HEADER = 64
BOARD = "rk3588"


@dataclass(frozen=True, slots=True)
class Rknn:
    """A compiled model's own facts."""

    targets: tuple[str, ...]
    toolkit: str
    form: int
    """Version of the format; 6 is that of every toolkit 2."""
    inputs: "tuple[Tensor, ...]" = ()
    outputs: "tuple[Tensor, ...]" = ()
    """Both empty where the file does not tell them in a form we know."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """What goes in, or comes out."""

    name: str
    shape: tuple[int, ...]


def read_rknn(pages: Pages) -> Rknn:
    """Return what it says.

    Raises:
        Malformed: its parts do not fit.
    """
    at = HEADER + pages.uint(16, 8)
    text = pages.read(at + 8, pages.uint(at, 8))
    try:
        table: Any = json.loads(text)
        targets, toolkit = list(table["target_platform"]), str(table["version"])
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise Malformed(
            f"its description is no JSON that names target and version ({type(exc).__name__})"
        ) from exc
    end = at + 8 + pages.uint(at, 8)
    if end != pages.size:
        raise Malformed(f"{pages.size - end} bytes behind its end")
    names = tuple(quoted(str(name)) for name in targets[:8])
    return Rknn(names, quoted(toolkit), pages.uint(8, 8), *_tensors(table))


def _tensors(table: Any) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return inputs and outputs; nothing where an older or newer toolkit spells them otherwise."""
    try:
        said = [Tensor(quoted(str(t["url"])), tuple(map(int, t["size"]))) for t in table["norm_tensor"][:64]]
        inputs, outputs = int(table["input_num"]), int(table["output_num"])
    except (KeyError, TypeError, ValueError):
        return (), ()
    if inputs < 1 or outputs < 1 or inputs + outputs != len(said):
        return (), ()
    return tuple(said[:inputs]), tuple(said[inputs:])


def judge_rknn(facts: Rknn) -> Verdict:
    """Say what it is: what runs on the NPU is made here, because only then it is known what it answers."""
    targets = ", ".join(facts.targets) or "no chip"
    what = f"an RKNN model for {targets}, made by toolkit {facts.toolkit}"
    if BOARD not in facts.targets:
        return refused(what, f"it does not run on {BOARD}; import the ONNX file it was made from")
    return refused(
        what, "import the ONNX file it was made from: edged models convert makes one that proves its answers"
    )

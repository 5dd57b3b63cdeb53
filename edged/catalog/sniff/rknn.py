"""What an RKNN file says of itself: the chip it was made for, and the toolkit that made it.

Layout, read off files of toolkits 1.3.4 to 2.3.2: "RKNN", zeros to 8, a version and the length N of the
compiled part as 8 bytes each, zeros to 64, N bytes, the length of a JSON text as 8 bytes, that text.
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
    return Rknn(tuple(quoted(str(name)) for name in targets[:8]), quoted(toolkit))


def judge_rknn(facts: Rknn) -> Verdict:
    """Say what it is; no stage of edged runs on the NPU yet."""
    targets = ", ".join(facts.targets) or "no chip"
    what = f"an RKNN model for {targets}, made by toolkit {facts.toolkit}"
    if BOARD not in facts.targets:
        return refused(what, f"it does not run on {BOARD}; import the ONNX file it was made from")
    return refused(what, "edged runs nothing on the NPU yet; import the ONNX file it was made from")

"""Where a compiler put each operator, read from the table that it prints."""

import re
from collections import Counter
from dataclasses import dataclass

NO_WORK = ("InputOperator", "OutputOperator", "Reshape")
"""Operators that are always the CPU's and cost nothing worth a warning."""

_ROW = re.compile(r"^D RKNN: \[[\d:.]+\] +\d+ +(\w+) +\w+ +(CPU|NPU|GPU) ")


@dataclass(frozen=True, slots=True)
class Placement:
    """Operators by where they run."""

    npu: int
    cpu: tuple[str, ...]
    """Those left to the CPU, `NO_WORK` apart, each as `Div` or `Div x2`."""


def read_placement(log: str) -> Placement | None:
    """Return what the last table of a compiler's output says; None where there is none.

    The form is that of rknn-toolkit2 2.5.0 with verbose=True: `ID OpType DataType Target InputShape …`.
    """
    last = log.rpartition(" OpType ")[2]
    rows = [match.groups() for line in last.splitlines() if (match := _ROW.match(line))]
    if not rows:
        return None
    left = Counter(kind for kind, target in rows if target != "NPU" and kind not in NO_WORK)
    cpu = tuple(kind if count == 1 else f"{kind} x{count}" for kind, count in sorted(left.items()))
    return Placement(sum(target == "NPU" for _, target in rows), cpu)

"""Text rewritten by the rules of a finite-state transducer: "二十五" becomes "25".

The rules are what sherpa-onnx calls `rule_fsts`: a file of OpenFst whose labels are bytes of UTF-8.
sherpa-onnx applies them to every text of a recognizer; here they are applied to those texts for which it
was asked. A test compares the two.
"""

import heapq
import struct
from dataclasses import dataclass
from pathlib import Path

from edged.errors import ModelError

MAGIC = 2_125_659_606
"""First number of every file of OpenFst (fst/fst.h)."""
HAS_SYMBOLS = 0x1 | 0x2
INFINITY = float("inf")

MOST_BYTES = 8 << 20
MOST_STEPS = 500_000
"""Of one text: no rules for numbers need a hundredth, and rules that go round in circles end."""

INT, FLOAT, LONG = struct.Struct("<i"), struct.Struct("<f"), struct.Struct("<q")
HEADER = struct.Struct("<iiQqqq")
"""Version, flags, properties, start, number of states and of arcs."""
ARC = struct.Struct("<iifi")
"""Byte read, byte written (0: none), weight, next state."""

Arc = tuple[int, float, int]
"""Byte written, weight, next state."""


class RulesFailed(Exception):
    """The rules do not fit a text."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A transducer over bytes; the rewriting is the cheapest way through it."""

    start: int
    arcs: tuple[dict[int, list[Arc]], ...]
    """By state and byte read, 0: none."""
    finals: tuple[float, ...]
    """Weight of ending in a state; infinite where it cannot end."""

    def rewrite(self, text: str) -> str:
        """Return a text as the rules write it.

        Raises:
            RulesFailed: they do not fit it, or never end.
        """
        data = text.encode()
        best: dict[tuple[int, int], float] = {(0, self.start): 0.0}
        came: dict[tuple[int, int], tuple[tuple[int, int], int]] = {}
        queue = [(0, 0.0, self.start)]  # place first: what reads less is settled before what reads more
        last, least = None, INFINITY
        for _ in range(MOST_STEPS):
            if not queue:
                break
            at, cost, state = heapq.heappop(queue)
            here = (at, state)
            if cost > best[here]:
                continue
            if at == len(data) and cost + self.finals[state] < least:
                last, least = here, cost + self.finals[state]
            for read in (0, data[at]) if at < len(data) else (0,):
                for written, weight, following in self.arcs[state].get(read, ()):
                    there = (at + (read > 0), following)
                    if cost + weight < best.get(there, INFINITY):
                        best[there] = cost + weight
                        came[there] = (here, written)
                        heapq.heappush(queue, (there[0], cost + weight, following))
        else:
            raise RulesFailed("its rules go round in circles")
        if last is None:
            raise RulesFailed("its rules do not fit this text")
        return _written(came, last)


def _written(came: dict[tuple[int, int], tuple[tuple[int, int], int]], last: tuple[int, int]) -> str:
    found = bytearray()
    while last in came:
        last, written = came[last]
        if written:
            found.append(written)
    try:
        return bytes(reversed(found)).decode()
    except UnicodeDecodeError as exc:
        raise RulesFailed("its rules write what is no text") from exc


def read_rules(path: Path) -> Rules:
    """Read a transducer.

    Raises:
        ModelError: it cannot be read, or is none over bytes.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as exc:
        raise ModelError(f"{path}: {(exc.strerror or str(exc)).lower()}") from exc
    if len(raw) > MOST_BYTES:
        raise ModelError(f"{path}: longer than {MOST_BYTES >> 20} MB, no rules for numbers")
    try:
        return _parse(raw)
    except (struct.error, UnicodeDecodeError, IndexError, ValueError, MemoryError) as exc:
        raise ModelError(f"{path}: is no OpenFst file, or cut short ({exc}); fetch the model again") from exc


def _parse(raw: bytes) -> Rules:
    if INT.unpack_from(raw)[0] != MAGIC:
        raise ValueError("another magic number")
    kind, at = _string(raw, INT.size)
    weights, at = _string(raw, at)
    version, flags, _, start, count, _ = HEADER.unpack_from(raw, at)
    at += HEADER.size
    if (kind, weights, version) != ("vector", "standard", 2) or flags & HAS_SYMBOLS:
        raise ValueError(f"a {kind} of {weights} weights, version {version}, and not a plain vector")
    if not 0 <= start < count <= len(raw) // FLOAT.size:
        raise ValueError(f"state {start} of {count} is its start")
    arcs: list[dict[int, list[Arc]]] = []
    finals: list[float] = []
    for _ in range(count):
        (final,) = FLOAT.unpack_from(raw, at)
        (own,) = LONG.unpack_from(raw, at + FLOAT.size)
        at += FLOAT.size + LONG.size
        if not 0 <= own <= (len(raw) - at) // ARC.size:
            raise ValueError("more arcs than bytes")
        by_byte: dict[int, list[Arc]] = {}
        for read, written, weight, following in ARC.iter_unpack(raw[at : at + own * ARC.size]):
            if not (0 <= read < 256 and 0 <= written < 256 and 0 <= following < count and weight == weight):
                raise ValueError("its labels are no bytes, or it leads nowhere")
            by_byte.setdefault(read, []).append((written, weight, following))
        at += own * ARC.size
        arcs.append(by_byte)
        finals.append(final)
    return Rules(start, tuple(arcs), tuple(finals))


def _string(raw: bytes, at: int) -> tuple[str, int]:
    (length,) = INT.unpack_from(raw, at)
    at += INT.size
    if not 0 <= length <= 64:
        raise ValueError("a name without an end")
    return raw[at : at + length].decode(), at + length

"""Tiny rules as OpenFst writes them: some words are written as others, all else stays as it is."""

import struct
from collections.abc import Mapping
from pathlib import Path

from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile

COPIED, REWRITTEN = 1.0, 0.0
INFINITE = float("inf")

NUMBERS = {"twenty five": "25", "ten": "10", "two": "2", "二十五": "25", "十": "10"}


def transducer(rewritten: Mapping[str, str]) -> bytes:
    """One state that copies a byte at a cost, and a way round for each word that costs nothing."""
    arcs: list[list[tuple[int, int, float, int]]] = [[(byte, byte, COPIED, 0) for byte in range(1, 256)]]
    for said, written in rewritten.items():
        reads, writes = said.encode(), written.encode()
        pairs = [(byte, 0) for byte in reads[:-1]] + [(reads[-1], writes[0])]
        pairs += [(0, byte) for byte in writes[1:]]
        state = 0
        for index, (read, write) in enumerate(pairs):
            following = 0 if index == len(pairs) - 1 else len(arcs)
            arcs[state].append((read, write, REWRITTEN, following))
            if following:
                arcs.append([])
            state = following
    return openfst(arcs, [0.0] + [INFINITE] * (len(arcs) - 1))


def openfst(arcs, finals, start=0, kind="vector", weights="standard", flags=0) -> bytes:
    """The bytes of a file of OpenFst; it reads arcs as they are, sorted by what they read."""
    found = struct.pack("<i", 2_125_659_606)
    for name in (kind, weights):
        found += struct.pack("<i", len(name)) + name.encode()
    found += struct.pack("<iiQqqq", 2, flags, 0x3, start, len(arcs), sum(map(len, arcs)))
    for own, final in zip(arcs, finals, strict=True):
        found += struct.pack("<fq", final, len(own))
        for arc in sorted(own):
            found += struct.pack("<iifi", *arc)
    return found


def make(folder: Path, rewritten: Mapping[str, str] = NUMBERS) -> Model:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules.fst").write_bytes(transducer(rewritten))
    return Model(
        name="tiny-itn",
        kind="itn",
        folder=folder,
        files={"model": ModelFile(folder / "rules.fst", None, None)},
        licence="Apache-2.0",
        source="made by a test",
    )

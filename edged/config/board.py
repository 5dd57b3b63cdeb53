"""Which board this is, and the file of settings that lies under the user's own.

A board is told by its device tree's `compatible`, a list from the most to the least specific name. Vendor and
mainline kernels call the same board by different names, and `model` is free text: neither is guessed at.
"""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from edged.config.lines import lines
from edged.config.problems import sentence, value_at
from edged.config.read import Layers, lay
from edged.config.sysroot import on_machine

FOLDER = Path(__file__).with_name("boards")
AUTO, GENERIC = "auto", "generic"
DEVICE_TREE = "/sys/firmware/devicetree/base/compatible"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A board and the reason for it."""

    name: str
    why: str


def board_of(layers: Layers) -> Chosen | None:
    """Return the board that the user's own settings and this machine ask for.

    None where they ask for none that could be; an unknown name is noted as a problem, a value of the wrong
    form is told with all others of its kind.
    """
    asked = value_at(("board", "name"), layers.data)
    given = value_at(("board", "compatible"), layers.data)
    if asked not in (None, AUTO):
        if isinstance(asked, str) and asked not in boards():
            layers.problems.append(sentence(("board", "name"), _unknown(asked), layers))
        known = isinstance(asked, str) and asked in boards()
        return Chosen(asked, f"named: {layers.origin(('board', 'name'))}") if known else None
    if given and isinstance(given, list):
        names = [str(name) for name in cast("list[object]", given)]
        return choose(names, f"board.compatible: {layers.origin(('board', 'compatible'))}")
    return choose(*device_tree())


def choose(compatible: Sequence[str], source: str) -> Chosen:
    """Return the board that answers to the first such name: they go from the most to the least specific."""
    for name in compatible:
        for board, names in boards().items():
            if name in names:
                return Chosen(board, f"{name} in {source}")
    said = ", ".join(compatible)
    return Chosen(GENERIC, f"no board answers to {said} in {source}" if said else f"nothing in {source}")


def device_tree() -> tuple[list[str], str]:
    """Return the names that this machine's device tree gives it, and the file; none where there is none."""
    file = on_machine(DEVICE_TREE)
    try:
        raw = file.read_bytes()[:4096]
    except FileNotFoundError:
        return [], str(file)
    except OSError as exc:
        return [], f"{file} ({(exc.strerror or 'cannot be read').lower()})"
    return [name for name in raw.decode("utf-8", "replace").split("\0") if name], str(file)


@cache
def boards() -> Mapping[str, tuple[str, ...]]:
    """Return the boards that edged knows, each with the names it answers to."""
    found: dict[str, tuple[str, ...]] = {}
    for file in sorted(FOLDER.glob("*.toml"), key=lambda file: file.stem):
        found[file.stem] = tuple(_parsed(file).get("board", {}).get("compatible", ()))
    return found


def lay_board(name: str, layers: Layers) -> None:
    """Lay a board's file over what is there; its origin is `boards/NAME.toml:LINE`."""
    file = FOLDER / f"{name}.toml"
    lay(_parsed(file), Path(FOLDER.name) / file.name, lines(file.read_text(encoding="utf-8")), layers)


def _parsed(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, boards(), n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"unknown board; {hint}known: {AUTO}, {', '.join(boards())}"

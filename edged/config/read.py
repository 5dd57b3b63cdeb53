"""One TOML file and its parents: `extends` names one parent, tables merge, scalars and lists replace."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from edged.config.keys import Place
from edged.config.lines import line_of, lines


@dataclass(slots=True)
class Layers:
    """What was read so far: values, where each came from, what was wrong."""

    data: dict[str, Any] = field(default_factory=dict[str, Any])
    origins: dict[Place, str] = field(default_factory=dict[Place, str])
    """Place of each table, list and value to `FILE:LINE` or the name of its variable."""
    files: list[Path] = field(default_factory=list[Path])
    problems: list[str] = field(default_factory=list[str])

    def put(self, path: Place, value: Any, origin: str) -> None:
        """Lay one value over what is there; a list or scalar replaces, with all that came from it."""
        here = self.data
        for depth, part in enumerate(path[:-1], start=1):
            if not isinstance(here.get(str(part)), dict):
                here[str(part)] = {}
                self.origins.pop(path[:depth], None)
            here = here[str(part)]
        here[str(path[-1])] = value
        for old in [place for place in self.origins if place[: len(path)] == path]:
            del self.origins[old]
        self.origins[path] = origin

    def origin(self, path: Place) -> str | None:
        """Return where the value at a place came from, by the nearest place around or inside it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return next((origin for place, origin in self.origins.items() if place[: len(path)] == path), None)


def read(file: Path, layers: Layers) -> None:
    """Lay a file over its parents; everything wrong with reading them goes to `layers.problems`."""
    chain: list[tuple[Path, dict[str, Any], Mapping[Place, int]]] = []
    wanted, asked_by = file, ""
    while True:
        if any(_same(wanted, seen) for seen, _, _ in chain):
            circle = " -> ".join(str(seen) for seen in [*(f for f, _, _ in chain), wanted])
            layers.problems.append(f"{asked_by}makes a circle: {circle}")
            break
        one = parse_file(wanted, asked_by, layers.problems)
        if one is None:
            break
        data, found = one
        parent = data.pop("extends", None)
        chain.append((wanted, data, found))
        if parent is None:
            break
        line = line_of(("extends",), found)
        if not isinstance(parent, str) or not parent:
            layers.problems.append(f"{wanted}:{line}: extends: must be the path of one TOML file")
            break
        asked_by = f'{wanted}:{line}: extends = "{parent}": '
        wanted = wanted.parent / parent
    layers.files = [one for one, _, _ in chain]
    for one, data, found in reversed(chain):
        lay(data, one, found, layers)


def lay(data: dict[str, Any], file: Path, found: Mapping[Place, int], layers: Layers) -> None:
    """Lay the content of one file, whose keys stand on the lines found, over what is there."""
    _lay(data, (), file, found, layers)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def parse_file(
    file: Path, asked_by: str, problems: list[str], instead: str | None = None
) -> tuple[dict[str, Any], Mapping[Place, int]] | None:
    """Return the content and the lines of one file, None after noting why not.

    instead: text to take for what the file holds.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig") if instead is None else instead
        return tomllib.loads(text), lines(text.replace("\r\n", "\n"))
    except OSError as exc:
        problems.append(f"{asked_by}{file}: {(exc.strerror or 'cannot be read').lower()}")
    except UnicodeDecodeError as exc:
        problems.append(f"{asked_by}{file}: not UTF-8 text (byte {exc.start})")
    except RecursionError:
        problems.append(f"{asked_by}{file}: lists or tables are nested too deeply")
    except (
        ValueError
    ) as exc:  # TOMLDecodeError; also a number of thousands of digits, or a null byte in the path
        problems.append(asked_by + syntax_problem(file, str(exc)))
    return None


def syntax_problem(file: Path, text: str) -> str:
    """Return tomllib's complaint as `FILE:LINE: not TOML: …`."""
    where = re.search(r" \(at line (\d+), column (\d+)\)$", text)
    if where is None:
        return f"{file}: not TOML: {text[:1].lower() + text[1:]}"
    what = text[: where.start()]
    return f"{file}:{where[1]}: not TOML: {what[:1].lower() + what[1:]} (column {where[2]})"


def _lay(value: Any, path: Place, file: Path, found: Mapping[Place, int], layers: Layers) -> None:
    """Lay a table over what is there, key by key."""
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        if path and not table and layers.origin(path) is None:
            layers.put(path, {}, "")
        for key, inner in table.items():
            _lay(inner, (*path, key), file, found, layers)
        if path:
            layers.origins[path] = f"{file}:{line_of(path, found)}"
        return
    layers.put(path, value, f"{file}:{line_of(path, found)}")
    for place, line in found.items():
        if place[: len(path)] == path and len(place) > len(path):
            layers.origins[place] = f"{file}:{line}"

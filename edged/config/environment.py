"""Values from outside the files: `EDGED__SECTION__KEY` variables and the command line."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from edged.config.keys import Place, key_at
from edged.config.read import Layers

PREFIX = "EDGED__"

COMMAND_LINE = "command line"
ARGUMENT = "argument"
"""Origins of values that a program was given: by a person, or by another program."""


def lay_environment(environ: Mapping[str, str], layers: Layers) -> None:
    """Lay every `EDGED__SECTION__KEY` over what is there, in the order of their names."""
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        path = tuple(name.removeprefix(PREFIX).lower().split("__"))
        origin = f"environment {name}"
        if name != name.upper():
            layers.problems.append(f"{origin}: variables are written in capitals: {name.upper()}")
        elif "" in path or len(path) < 2:
            layers.problems.append(f"{origin}: not of the form EDGED__SECTION__KEY")
        elif not _is_utf8(environ[name]):
            layers.problems.append(f"{origin}: not UTF-8 text")
        elif (above := _value_above(path)) is not None:
            layers.problems.append(f"{origin}: nothing lies below {above}, which is one value")
        else:
            key = key_at(path)
            layers.put(path, parsed(environ[name], is_text=key is not None and key.is_text), origin)


def lay_overrides(overrides: Mapping[str, object], layers: Layers, origin: str = COMMAND_LINE) -> None:
    """Lay values by dotted key over what is there; None means not given."""
    for name, value in overrides.items():
        if value is not None:
            layers.put(tuple(name.split(".")), value, origin)


def parsed(text: str, *, is_text: bool) -> Any:
    """Return the value a variable holds: TOML, else JSON, else the text as it stands.

    Where only text may stand, `123` and `true` are text as well.
    """
    for read in (_toml, json.loads):
        try:
            value = read(text)
        except (ValueError, RecursionError):
            continue
        return text if is_text and not isinstance(value, str) else value
    return text


def _value_above(path: Place) -> str | None:
    """Return the variable of a key that a longer name reaches into, None where there is none."""
    for length in range(2, len(path)):
        key = key_at(path[:length])
        if key is not None and key.form.get("type") != "object":
            return PREFIX + "__".join(str(part) for part in path[:length]).upper()
    return None


def _toml(text: str) -> Any:
    document = tomllib.loads(f"value = {text}")
    if document.keys() != {"value"}:
        raise ValueError("more than a value")
    return document["value"]


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes of another encoding arrive as surrogates
        return False
    return True

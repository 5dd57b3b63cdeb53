"""The effective configuration as TOML, with the origin behind each value and secrets masked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from edged.config.keys import Place, bracketed, dotted, is_secret
from edged.config.load import Loaded

MASK = "***"
"""Stands for a secret that is set."""


def as_toml(loaded: Loaded) -> str:
    """Return the effective file; reading it again gives the same configuration, but for masked secrets.

    A key without a value, which takes the value of [heads] or of the model, is a comment.
    """
    names = ", ".join(str(file) for file in loaded.files) or "no file"
    text = "\n".join(_table(masked(loaded), (), loaded.origins))
    board = f"# board {loaded.board.name}: {loaded.board.why}\n" if loaded.board else ""
    tuned = f"# tuned by {loaded.overlay.file}\n" if loaded.overlay else ""
    return f"# effective configuration from {names}\n{tuned}{board}{text}\n"


def as_json(loaded: Loaded) -> dict[str, Any]:
    """Return the effective values, secrets masked, the origin of each key, the files read and the board."""
    return {
        "config": masked(loaded),
        "origins": dict(loaded.origins),
        "files": [str(file) for file in loaded.files],
        "tuned": str(loaded.overlay.file) if loaded.overlay else None,
        "board": {"name": loaded.board.name, "why": loaded.board.why} if loaded.board else None,
    }


def masked(loaded: Loaded) -> dict[str, Any]:
    """Return the values as plain data, every secret replaced by its reference, or by stars if it has none."""
    plain = loaded.config.model_dump(mode="json")
    return cast("dict[str, Any]", _masked(plain, (), loaded.references))


def _masked(value: Any, place: Place, references: Mapping[str, str]) -> Any:
    if place and dotted(place) in references:
        return references[dotted(place)]
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return {key: _masked(inner, (*place, key), references) for key, inner in table.items()}
    if isinstance(value, list):
        entries = enumerate(cast("list[Any]", value))
        return [_masked(inner, (*place, index), references) for index, inner in entries]
    return MASK if is_secret(place) and value else value


def _table(table: Mapping[str, Any], place: Place, origins: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a table: its own values, then the tables in it."""
    inner: list[tuple[Place, Mapping[str, Any]]] = []
    lines: list[str] = []
    for key, value in table.items():
        here = (*place, key)
        origin = origins.get(dotted(here))
        if isinstance(value, dict) and origin is None:
            inner.append((here, cast("Mapping[str, Any]", value)))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            inner += [((*here, index), one) for index, one in enumerate(cast("list[Any]", value))]
        elif value is None:
            lines.append(f"# {key} is not set")
        else:
            lines.append(f"{key} = {in_toml(value)}  # {origin}")
    if lines:
        yield from ["", bracketed(place), *lines] if place else lines
    for here, one in inner:
        yield from _table(one, here, origins)


def in_toml(value: Any) -> str:
    """Return plain data as a TOML value on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_text(k)} = {in_toml(v)}" for k, v in cast("dict[str, Any]", value).items())
        return f"{{{pairs}}}"
    if isinstance(value, list):
        return f"[{', '.join(in_toml(one) for one in cast('list[Any]', value))}]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    """Return a TOML text: JSON's escapes are TOML's too, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

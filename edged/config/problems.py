"""What is wrong with a value, as one sentence that names place, value and way out."""

import difflib
import json
from collections.abc import Iterator
from datetime import date, time
from typing import Any, cast

from pydantic import ValidationError

from edged.config.environment import ARGUMENT, COMMAND_LINE, PREFIX
from edged.config.keys import KEYS, Place, bracketed, dotted, is_secret, item, key_at, leaf_of, step, table_at
from edged.config.read import Layers
from edged.config.schema import Config

LONGEST = 60
"""Characters of a value that are repeated in a sentence."""


def sentence(path: Place, what: str, layers: Layers, *, value: bool = True) -> str:
    """Return `ORIGIN: [table] key = value: what`."""
    origin = layers.origin(path) or "default"
    shown = f" = {_short(value_at(path, layers.data))}" if value and not is_secret(path) else ""
    if origin.startswith("environment "):
        return f"{origin}{shown}: {what}"
    if origin in (COMMAND_LINE, ARGUMENT):
        return f"{origin}: {dotted(path)}{shown}: {what}"
    end = -2 if isinstance(path[-1], int) else -1
    table = f"{bracketed(path[:end])} " if path[:end] else ""
    return f"{origin}: {table}{dotted(path[end:])}{shown}: {what}"


def wrong_forms(layers: Layers, data: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for every key that is unknown, missing or of the wrong form, each key once.

    `data` is judged: the values of `layers` with secrets in their places, which no sentence may hold.
    """
    dates = [path for path, value in leaves(layers.data) if isinstance(value, date | time)]
    try:
        # strict, and by way of JSON: lists become tuples and text becomes paths, but "1" never becomes 1
        Config.model_validate_json(json.dumps(data, default=str), strict=True)
        wrong: dict[Place, str] = {}
    except ValidationError as exc:
        wrong = {leaf_of(error["loc"]): error["type"] for error in reversed(exc.errors())}
    wrong = {place: wrong[place] for place in reversed(wrong)} | {leaf_of(path): "date" for path in dates}
    for path, kind in wrong.items():
        if not path:
            yield "a value is nested too deeply, or holds text that is not UTF-8"
        elif kind == "extra_forbidden":
            yield unknown(path, layers)
        elif kind == "missing":
            key = key_at(path)
            yield sentence(path, f"missing; must be {key.allowed if key else 'set'}", layers, value=False)
        elif not is_later(path, layers.data):
            yield sentence(path, f"must be {_allowed(path)}", layers)


def not_built(layers: Layers) -> Iterator[str]:
    """Yield a sentence for every key of a part that is not built yet and is set to more than its default."""
    for path in sorted({leaf_of(path) for path, _ in leaves(layers.data)}, key=dotted):
        key = key_at(path)
        if key is not None and key.later is not None and is_later(path, layers.data):
            be = "are" if key.later.part.endswith("s") else "is"
            what = f"{key.later.part} {be} not built yet in this version; remove the key"
            yield sentence(path, what, layers, value=False)


def is_later(path: Place, data: dict[str, Any]) -> bool:
    """Return whether the key at a place belongs to a part not built yet and differs from its default."""
    key = key_at(path)
    if key is None or key.later is None:
        return False
    return value_at(path, data) != key.form.get("default", {})


def unknown(path: Place, layers: Layers) -> str:
    """Return the sentence for a key or table that the schema does not have."""
    parent, name = table_at(path[:-1]) or Config, str(path[-1])
    noun = "table" if isinstance(value_at(path, layers.data), dict) else "key"
    near = difflib.get_close_matches(name, parent.model_fields, n=1, cutoff=0.6)
    elsewhere = sorted(
        key for key in KEYS if key.rpartition(".")[2] == name and key.rpartition(".")[0] != dotted(path[:-1])
    )
    if not near:
        table = elsewhere[0].rpartition(".")[0].replace("[]", "") if len(elsewhere) == 1 else None
        way_out = (
            f"did you mean '{name}' of [{table}]?" if table else f"known: {', '.join(parent.model_fields)}"
        )
    elif (layers.origin(path) or "").startswith("environment "):
        way_out = f"did you mean {PREFIX}{'__'.join(str(part) for part in (*path[:-1], near[0])).upper()}?"
    else:
        way_out = f"did you mean '{near[0]}'?"
    return sentence(path, f"unknown {noun}; {way_out}", layers, value=False)


def leaves(value: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every value that is neither a table nor a list, and every empty one that is, with its place."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(cast("dict[str | int, Any]", value).items())
    elif isinstance(value, list):
        inner = list(enumerate(cast("list[Any]", value)))
    if not inner:
        yield path, value
    for part, one in inner:
        yield from leaves(one, (*path, part))


def value_at(path: Place, data: Any) -> Any:
    """Return the value at a place, None where there is none."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _allowed(path: Place) -> str:
    key = key_at(path)
    if key is None:
        return "a table"
    parent = table_at(path[:-1]) or Config
    if item(step(parent, path[-1])) is not None:
        return f"a list of tables: write [[{dotted(path)}]]"
    return key.allowed


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

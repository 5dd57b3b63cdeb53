"""Decoded JSON as a dataclass, or a sentence that says why it is none. Pure."""

import dataclasses
import types
from collections.abc import Mapping
from typing import Any, TypeVar, cast, get_args, get_origin

from edged.stages.recognize.framing import WireError

T = TypeVar("T")


def fields_of(cls: type[Any]) -> dict[str, Any]:
    """Return the types of a dataclass's fields by name: looked up once, they cost little afterwards."""
    return {field.name: field.type for field in dataclasses.fields(cls)}


def build(cls: type[T], kind: str, fields: Mapping[str, Any], values: dict[str, Any]) -> T:
    """Return an object of a dataclass; a list becomes the tuple that the class asks for.

    Args:
        cls: what to make.
        kind: what an error calls it.
        fields: `fields_of` the class; str, bool, int, float, None, and unions, tuples and dicts of them.
        values: decoded JSON, changed on the way.

    Raises:
        WireError: a field is missing, unknown or of another type.
    """
    if unknown := values.keys() - fields.keys():
        raise WireError(f"message {kind!r} has an unknown field {sorted(unknown)[0]!r}")
    for name, value in values.items():
        wanted: Any = fields[name]
        if get_origin(wanted) is tuple and isinstance(value, list):
            values[name] = value = tuple(cast("list[Any]", value))
        if not fits(value, wanted):
            raise WireError(f"message {kind!r}: {name} is {value!r:.60}")
    try:
        return cls(**values)
    except TypeError as exc:
        raise WireError(f"message {kind!r} is incomplete ({exc})") from exc


def fits(value: Any, wanted: Any) -> bool:
    """True if a decoded JSON value has the type of a field."""
    if get_origin(wanted) is types.UnionType:
        return any(fits(value, inner) for inner in get_args(wanted))
    if wanted is types.NoneType:
        return value is None
    if get_origin(wanted) is tuple:
        (inner, _) = get_args(wanted)
        return isinstance(value, tuple) and all(fits(item, inner) for item in cast("tuple[Any, ...]", value))
    if get_origin(wanted) is dict:
        return isinstance(value, dict) and all(
            type(item) is str for item in cast("dict[str, Any]", value).values()
        )
    if wanted is float:
        return type(value) in (int, float)
    return type(value) is wanted

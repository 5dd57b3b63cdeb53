"""Places in a JSON document (RFC 6901), and what lies there as a page shows it."""

import html
from typing import Any, cast


def look_up(document: Any, pointer: str) -> Any:
    """Return what a JSON pointer names.

    Raises:
        LookupError: there is no such place.
    """
    found = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        found = found[int(key)] if hasattr(found, "append") else found[key]
    return found


def step(key: str | int) -> str:
    """Return a part of a JSON pointer."""
    return "/" + str(key).replace("~", "~0").replace("/", "~1")


def shown(value: Any) -> str:
    """Return a value of the JSON as a page shows it, number for number."""
    if value is None or value in ([], {}):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(shown(each) for each in cast("list[Any]", value))
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return ", ".join(f"{key} {shown(each)}" for key, each in pairs)
    return str(value)


def at(document: Any, pointer: str) -> str:
    """Return an element with what lies at a place, which says the place."""
    return f'<data data-at="{html.escape(pointer)}">{html.escape(shown(look_up(document, pointer)))}</data>'

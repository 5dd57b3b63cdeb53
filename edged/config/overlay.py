"""The overlay `tuned.toml`: what was measured here, above the board's file and below what the user wrote.

`edged tune` and `edged calibrate` write it beside the user's file. A wake word in it only gets rules: which
words there are, and on which board, the user says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from edged.config.keys import Place, bracketed, dotted, item, leaf_of, step, table_at
from edged.config.lines import line_of
from edged.config.problems import leaves, value_at
from edged.config.read import Layers, parse_file
from edged.config.schema import Config, Heads, Word

NAME = "tuned.toml"

WORDS: Place = ("heads", "word")

RULES = tuple(key for key in Word.model_fields if key not in ("name", "model", "output", "role"))
"""What the overlay may say of a wake word."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What the file says, key by key."""

    file: Path
    values: Mapping[Place, Any]
    """By place; of a word by its name: `("heads", "word", "alexa", "threshold")`."""
    origins: Mapping[Place, str]
    """`FILE:LINE` of each."""


def beside(file: Path) -> Path:
    """Return where the overlay of a configuration file lies."""
    return file.with_name(NAME)


def read_overlay(file: Path, problems: list[str], instead: str | None = None) -> Overlay | None:
    """Return what an overlay says; None where there is none, or after noting why it cannot be read.

    instead: text to take for what the file holds; empty: as if there were none.
    """
    if instead == "" or (instead is None and not _is_there(file)):
        return None
    parsed = parse_file(file, "", problems, instead)
    if parsed is None:
        return None
    data, found = parsed
    values: dict[Place, Any] = {}
    origins: dict[Place, str] = {}
    for read, place, value in _entries(data):
        origin = f"{file}:{line_of(read, found)}"
        if isinstance(value, _Refused):
            problems.append(f"{origin}: {value.why}")
        else:
            values[place], origins[place] = value, origin
    return Overlay(file, values, origins)


def lay_overlay(overlay: Overlay, layers: Layers) -> None:
    """Lay all but the rules of words over what is there."""
    for place, value in overlay.values.items():
        if place[:2] != WORDS:
            layers.put(place, value, overlay.origins[place])


def settle_words(overlay: Overlay, users: Layers, layers: Layers) -> None:
    """Give the words their rules of the overlay, where the user wrote none.

    Args:
        overlay: what was tuned.
        users: what the user alone wrote.
        layers: all that is in force so far.
    """
    rules = [place for place in overlay.values if place[:2] == WORDS]
    asked = value_at(WORDS, layers.data)
    if not rules or not isinstance(asked or [], list):
        return
    words = cast("list[Any]", asked) or [{"name": word.name} for word in Heads().word]
    words = [dict(cast("dict[str, Any]", word)) if isinstance(word, dict) else word for word in words]
    for place in rules:
        name, key = place[2], str(place[3])
        for index, word in enumerate(words):
            if not isinstance(word, dict) or cast("dict[str, Any]", word).get("name") != name or key in word:
                continue
            if value_at(("heads", key), users.data) is None:
                word[key] = overlay.values[place]
                layers.origins[(*WORDS, index, key)] = overlay.origins[place]
    if asked is None:
        for index in range(len(words)):
            layers.origins.setdefault((*WORDS, index), "default")
    cast("dict[str, Any]", layers.data.setdefault("heads", {}))["word"] = words


@dataclass(frozen=True, slots=True)
class _Refused:
    why: str


def _entries(data: dict[str, Any]) -> Iterator[tuple[Place, Place, Any]]:
    """Yield the place in the file, the place that is meant, and the value or why it is refused."""
    places = dict.fromkeys(leaf_of(place) for place, _ in leaves(data) if place)
    for place in places:
        if place[0] in ("extends", "board"):
            yield place, place, _Refused(f"{place[0]} belongs into your own file, not into {NAME}")
        elif place[:2] == WORDS:
            yield from _rule(place, data)
        elif any(isinstance(part, int) for part in place) or _is_list(place):
            header = bracketed((*(part for part in place if isinstance(part, str)), 0))
            yield place, place, _Refused(f"{header} belongs into your own file, not into {NAME}")
        else:
            yield place, place, value_at(place, data)


def _rule(place: Place, data: dict[str, Any]) -> Iterator[tuple[Place, Place, Any]]:
    key = place[-1] if len(place) > len(WORDS) + 1 else None
    name = None if key is None else value_at((*place[:-1], "name"), data)
    if not isinstance(name, str):
        yield place, place, _Refused("[[heads.word]] needs the name of a word of your configuration")
    elif key not in ("name", *RULES):
        what = f"only rules stand here ({', '.join(RULES)}); which model it is, your own file says"
        yield place, place, _Refused(f"[[heads.word]] {key}: {what}")
    elif key != "name":
        yield place, (*WORDS, name, key), value_at(place, data)


def _is_list(place: Place) -> bool:
    return item(step(table_at(place[:-1]) or Config, place[-1])) is not None


def in_words(place: Place) -> str:
    """Return a place of the overlay as a person says it: `recognize.threads`, `threshold of 'alexa'`."""
    return f"{'.'.join(map(str, place[3:]))} of '{place[2]}'" if place[:2] == WORDS else dotted(place)


def _is_there(file: Path) -> bool:
    try:
        file.lstat()
    except OSError:  # its folder cannot be reached: then the user's own file there says why
        return False
    return True

"""What an overlay changes, key by key, and what it does not because the user wrote a value of his own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edged.config.keys import Place, dotted
from edged.config.load import Loaded
from edged.config.overlay import WORDS, Overlay, in_words
from edged.config.problems import value_at
from edged.config.reload import LIVE
from edged.config.show import in_toml, masked


@dataclass(frozen=True, slots=True)
class Change:
    """One key whose effective value differs."""

    key: str
    before: Any
    before_from: str
    after: Any
    after_from: str

    @property
    def live(self) -> bool:
        """Whether a running edged takes it at SIGHUP."""
        return self.key in LIVE or self.key.startswith("heads.word[")

    def __str__(self) -> str:
        before, after = (f"{_said(value)}" for value in (self.before, self.after))
        return f"{self.key}: {before} ({self.before_from}) -> {after} ({self.after_from})"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One key of the overlay that has no effect."""

    what: str
    value: Any
    why: str

    def __str__(self) -> str:
        return f"{self.what} = {_said(self.value)}: no effect: {self.why}"


def changes(before: Loaded, after: Loaded) -> tuple[Change, ...]:
    """Return every key whose effective value differs, in the order of the schema."""
    old, new = masked(before), masked(after)
    found: list[Change] = []
    for key in dict.fromkeys((*before.origins, *after.origins)):
        was, now = value_at(_place(key), old), value_at(_place(key), new)
        if was != now:
            origins = (each.origins.get(key, "default") for each in (before, after))
            was_from, now_from = (
                _origin(key, value, each) for value, each in zip((was, now), origins, strict=True)
            )
            found.append(Change(key, was, was_from, now, now_from))
    return tuple(found)


def conflicts(loaded: Loaded) -> tuple[Conflict, ...]:
    """Return every key of the overlay in force that does not count, each with what counts instead."""
    return tuple(_conflicts(loaded, loaded.overlay)) if loaded.overlay else ()


def _conflicts(loaded: Loaded, overlay: Overlay) -> Iterator[Conflict]:
    names = [word.name for word in loaded.config.heads.word]
    plain = masked(loaded)
    for place, value in overlay.values.items():
        what = in_words(place)
        effective: Place = place
        if place[:2] == WORDS:
            if place[2] not in names:
                yield Conflict(what, value, f"no wake word is called '{place[2]}'")
                continue
            effective = (*WORDS, names.index(str(place[2])), *place[3:])
        origin = loaded.origins.get(dotted(effective), "default")
        if origin == overlay.origins[place]:
            continue
        if origin == "default":  # the word has none of its own: that of [heads] was written for all
            effective = ("heads", place[-1])
            origin = loaded.origins.get(dotted(effective), "default")
        theirs = f"{dotted(effective)} = {_said(value_at(effective, plain))}"
        yield Conflict(what, value, f"{theirs} stands in {origin} and wins")


def _place(key: str) -> Place:
    parts: list[str | int] = []
    for part in key.split("."):
        name, _, index = part.partition("[")
        parts.append(name)
        if index:
            parts.append(int(index.rstrip("]")))
    return tuple(parts)


def _origin(key: str, value: Any, origin: str) -> str:
    return "as in [heads]" if value is None and key.startswith("heads.word[") else origin


def _said(value: Any) -> str:
    return "not set" if value is None else in_toml(value)

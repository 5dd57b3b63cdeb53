"""What may be asked of a running edged, as one line of text, and how it answers: no I/O in here.

An order is a JSON object, `{"command": "mute", "id": 7}`, or the bare name of a command, `mute`. An answer
carries the order's `id`, so that one who asks twice knows what belongs to what.
"""

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol, cast, get_args

from edged.messages import Asker

Name = Literal["status", "mute", "unmute", "trigger", "stop", "reload", "subscribe"]
NAMES: tuple[Name, ...] = get_args(Name)

LONGEST = 4096
"""Bytes of an order; the longest that makes sense has a hundred."""

LONGEST_ID = 128
"""Characters of an `id` that is a text."""

Id = str | int | None


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants."""

    name: Name
    id: Id = None
    scores: bool = False
    """Of `subscribe`: whether `scores` events are wanted as well."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of it."""

    to: str | None
    """Name of the command; None where the order was not understood."""
    id: Id = None
    error: str | None = None
    """A sentence; None where it was done."""
    more: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What else there is to say, plain data."""

    @property
    def line(self) -> bytes:
        """The answer as a line of JSON."""
        said = {"reply": self.to, "id": self.id, "ok": self.error is None, "error": self.error, **self.more}
        return json.dumps(said).encode() + b"\n"  # ASCII: an id may hold half a surrogate pair


Reply = Callable[[Answer], None]
"""Takes the answer to an order, once, at once or later, from any thread."""


class Desk(Protocol):
    """Who takes orders, and knows how things are."""

    def take(self, order: Order, by: Asker, reply: Reply) -> None:
        """Do what is asked, or say why not; returns at once."""
        ...

    def report(self) -> dict[str, Any]:
        """Return how things are, as plain data; waits for nothing."""
        ...


def understood(line: bytes) -> Order | Answer:
    """Return the order in a line without its line end, or the answer that says what is wrong with it."""
    try:
        text = line.decode().strip()
    except UnicodeDecodeError:
        return Answer(None, error="not UTF-8 text")
    if text in NAMES:
        return Order(text)
    try:
        said: object = json.loads(text)
    except (ValueError, RecursionError):
        return Answer(None, error=f'not a JSON object such as {{"command": "status"}}, nor {_one_of()}')
    if not isinstance(said, dict):
        return Answer(None, error=f'not a JSON object such as {{"command": "status"}}, nor {_one_of()}')
    return _of_object(cast("dict[str, Any]", said))


def _of_object(said: dict[str, Any]) -> Order | Answer:
    given = said.pop("id", None)
    if isinstance(given, bool) or not isinstance(given, str | int | None):
        return Answer(None, error="id: must be a text or a whole number")
    if isinstance(given, str) and len(given) > LONGEST_ID:
        return Answer(None, error=f"id: must have at most {LONGEST_ID} characters")
    name = said.pop("command", None)
    if not isinstance(name, str):
        return Answer(None, given, f"command: missing; must be {_one_of()}")
    if name not in NAMES:
        near = difflib.get_close_matches(name[:64], NAMES, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"must be {_one_of()}"
        return Answer(None, given, f"command: unknown; {hint}")
    scores = said.pop("scores", False) if name == "subscribe" else False
    if not isinstance(scores, bool):
        return Answer(name, given, "scores: must be true or false")
    if said:
        unknown = sorted(said)[0][:64]
        return Answer(name, given, f"{unknown}: unknown key; `{name}` knows {_keys(name)}")
    return Order(name, given, scores)


def _keys(name: Name) -> str:
    return "command, id and scores" if name == "subscribe" else "command and id"


def _one_of() -> str:
    return f"one of {', '.join(NAMES)}"

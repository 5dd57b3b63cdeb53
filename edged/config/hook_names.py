"""Which event a hook hears of: edged's own names, and those that users of wyoming-satellite know."""

from collections.abc import Mapping
from typing import get_args

from edged.messages import BODIES, Assistant, AssistantSaid, Event, Scores

ALIASES: Mapping[str, str] = {
    "startup": "ready",
    "detection": "activation",
    "streaming-start": "listening",
    "streaming-stop": "endpoint",
    "stt-stop": "endpoint",
    "transcript": "final",
    "error": "lost",
}
"""Names of wyoming-satellite's commands, without their `--` and `-command`, to the event that fits."""

SAID: tuple[str, ...] = tuple(what for what in get_args(AssistantSaid) if what not in ALIASES)
"""Names of wyoming-satellite's commands that each hear of one kind of `assistant`."""

EVENTS: tuple[str, ...] = tuple(body.NAME for body in BODIES if body is not Scores)
"""Every event but `scores`: 12.5 processes a second are no way to tell anything."""


def event_of(name: str) -> str | None:
    """Return the event behind a name, None where there is none; `streaming_start` is `streaming-start`."""
    name = name.replace("_", "-")
    if name in SAID:
        return Assistant.NAME
    return name if name in EVENTS else ALIASES.get(name)


def is_wanted(name: str, event: Event) -> bool:
    """Tell whether the hook of a name hears of this event."""
    name = name.replace("_", "-")
    body = event.body
    if isinstance(body, Assistant) and name in SAID:
        return body.what == name
    return event_of(name) == event.name

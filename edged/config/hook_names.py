"""Which event a hook hears of: edged's own names, and those that users of wyoming-satellite know."""

from collections.abc import Mapping

from edged.messages import BODIES, Scores

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

EVENTS: tuple[str, ...] = tuple(body.NAME for body in BODIES if body is not Scores)
"""Every event but `scores`: 12.5 processes a second are no way to tell anything."""


def event_of(name: str) -> str | None:
    """Return the event behind a name, None where there is none; `streaming_start` is `streaming-start`."""
    name = name.replace("_", "-")
    return name if name in EVENTS else ALIASES.get(name)

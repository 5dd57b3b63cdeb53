"""What browsers are told of an event: its wire form, and what was said only where that may be shown."""

from typing import Any

from edged.messages import (
    Activation,
    Assistant,
    Cancelled,
    Device,
    Event,
    Fallback,
    Final,
    Gap,
    Lost,
    Muted,
    Partial,
    Ready,
    Recovered,
    Restarted,
    Suppressed,
    Triggered,
    Unmuted,
    to_json,
)

DECISIONS = (Activation, Suppressed, Final, Lost)
CHANGES = (Ready, Fallback, Recovered, Device, Gap, Restarted, Muted, Unmuted, Triggered, Cancelled)


def told(event: Event, transcripts: bool) -> dict[str, Any] | None:
    """Return what is shown of an event; None where it is not shown at all."""
    if transcripts:
        return to_json(event)
    if isinstance(event.body, Partial):
        return None
    plain = to_json(event)
    if isinstance(event.body, Final):
        plain |= {"text": None, "words": [], "notes": []}
    if isinstance(event.body, Cancelled):
        plain |= {"text": None}
    if isinstance(event.body, Assistant):
        plain |= {"text": None, "timer": None}
    return plain

"""What a server says, as edged's own event: for hooks, MQTT and whoever else looks on. Pure."""

from collections import deque
from typing import Any

from wyoming.event import Event

from edged.messages import Assistant, AssistantSaid, Timer

KINDS: dict[str, AssistantSaid] = {
    "voice-started": "stt-start",
    "transcript": "transcript",
    "synthesize": "synthesize",
    "audio-start": "tts-start",
    "audio-stop": "tts-stop",
    "error": "error",
    "timer-started": "timer-started",
    "timer-updated": "timer-updated",
    "timer-cancelled": "timer-cancelled",
    "timer-finished": "timer-finished",
}
"""Types of events that are told, and as what."""

OVER = ("timer-cancelled", "timer-finished")

LONGEST_TEXT = 4096
"""Characters of a text that are told."""

MOST_A_SECOND = 20
"""Events of one server that are told; more would take the place of the microphone's own at slow sinks."""


def told(event: Event) -> Assistant | None:
    """Return what is told of an event; None where nothing is. A field of another kind is left out."""
    what = KINDS.get(event.type)
    if what is None:
        return None
    timer = _timer(event.data, over=what in OVER) if event.type.startswith("timer-") else None
    return Assistant(what, _text(event.data, "text"), timer)


class Measure:
    """Lets so many things through in a second, and counts the others."""

    def __init__(self, most: int = MOST_A_SECOND) -> None:
        self._newest: deque[float] = deque(maxlen=most)
        self.refused = 0

    def lets(self, now: float) -> bool:
        """Whether one more goes through at this second of a monotonic clock."""
        if len(self._newest) == self._newest.maxlen and now - self._newest[0] < 1.0:
            self.refused += 1
            return False
        self._newest.append(now)
        return True


def _timer(data: dict[str, Any], *, over: bool) -> Timer | None:
    name = _text(data, "id")
    if name is None:
        return None
    seconds = data.get("total_seconds")
    return Timer(
        id=name,
        name=_text(data, "name"),
        seconds=seconds if type(seconds) is int and 0 <= seconds < 2**53 else None,
        running=not over and data.get("is_active") is not False,
    )


def _text(data: dict[str, Any], key: str) -> str | None:
    text = data.get(key)
    return text.encode("utf-8", "replace").decode()[:LONGEST_TEXT] if isinstance(text, str) else None

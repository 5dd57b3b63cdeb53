"""What people want of a running ear: said from any thread, done by the path before its next frame.

Of wishes that contradict each other the last one counts; a wish that cannot be fulfilled is refused at once,
in a sentence, by what is known then.
"""

from collections.abc import Callable
from typing import Protocol

from edged.messages import Asker, EndpointReason


class Ear(Protocol):
    """What can be done with it; from the path."""

    @property
    def muted(self) -> bool: ...
    @property
    def in_command(self) -> bool: ...
    def mute(self, by: Asker) -> None: ...
    def unmute(self, by: Asker) -> None: ...
    def cut(self, reason: EndpointReason) -> None: ...
    def trigger(self, by: Asker) -> None: ...


class Wishes:
    """Of one ear. Each wish returns why it is refused, else None."""

    def __init__(self, ear: Ear, deaf: Callable[[], str | None]) -> None:
        """`deaf`: why no sound comes; None while it does."""
        self._ear = ear
        self._deaf = deaf
        self._muted_by: Asker | None = None
        self._unmuted_by: Asker = "socket"
        self._triggered_by: Asker | None = None
        self._ends = False

    def mute(self, by: Asker) -> str | None:
        """Hear nothing from the next frame on."""
        if by != "hermes" or self._muted_by is None:
            self._muted_by = by
        return None

    def unmute(self, by: Asker) -> str | None:
        """Hear again from the next frame on; what a person muted, no service of Rhasspy's unmutes."""
        if by == "hermes" and self._muted_by not in (None, "hermes"):
            return f"it was muted by {self._muted_by}"
        self._unmuted_by, self._muted_by = by, None
        return None

    def trigger(self, by: Asker) -> str | None:
        """Listen to a command from the next frame on, without a wake word."""
        if self._muted_by is not None:
            return "it is muted; unmute it first"
        if (why := self._deaf()) is not None:
            return f"no sound comes: {why}"
        if self._ear.in_command:
            return "a command is being listened to already"
        self._triggered_by = by
        return None

    def stop_command(self) -> str | None:
        """End the command that is listened to with what was said of it."""
        if not self._ear.in_command:
            return "no command is being listened to"
        self._ends = True
        return None

    def fulfil(self) -> None:
        """Path: do what was asked for."""
        muted_by = self._muted_by
        if muted_by is not None and not self._ear.muted:
            self._ear.mute(muted_by)
        elif muted_by is None and self._ear.muted:
            self._ear.unmute(self._unmuted_by)
        if self._ends:
            self._ends = False
            self._ear.cut("told")
        if (by := self._triggered_by) is not None:
            self._triggered_by = None
            self._ear.trigger(by)

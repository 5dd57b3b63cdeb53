"""Whose turn it is between a satellite and its server. Pure: no clock, no wire, no sound."""

from typing import Literal

Answer = Literal["transcribe", "voice-stopped", "transcript", "error"]
"""What a server says of a command: it begins to recognize; it heard the end; it has a text; it has none."""

LAST: tuple[Answer, ...] = ("voice-stopped", "transcript", "error")
"""After these no more sound of the command is wanted."""


class Turns:
    """What the server said and what was heard here decide whose sound goes out: `sending`."""

    def __init__(self) -> None:
        self.running = False
        """The server wants to be called."""
        self.sending: int | None = None
        """Number of the command whose sound the server gets; None: it gets none."""
        self._tells = False
        """The server says `transcribe` when it begins with a command, so what comes before is of another."""
        self._begun = False

    def run(self) -> None:
        """The server is ready; what was being sent is over."""
        self.running, self.sending = True, None

    def pause(self) -> None:
        """The server wants nothing until it is ready again."""
        self.running, self.sending = False, None

    def wake(self, number: int) -> bool:
        """A command began; return whether its sound goes out, instead of another's."""
        if self.running:
            self.sending, self._begun = number, False
        return self.running

    def over(self, number: int) -> None:
        """All that was heard of a command went out."""
        if self.sending == number:
            self.sending = None

    def answer(self, said: Answer) -> None:
        """The server said this of a command: of this one, or late of the one before.

        Home Assistant says `transcribe` first, and an error without it where there is nobody to recognize.
        """
        if said == "transcribe":
            self._tells = self._begun = True
        elif said == "error" or self._begun or not self._tells:
            self.sending = None

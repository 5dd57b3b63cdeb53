"""Whether the sound of this moment may be kept: none of a command, where those are not to be. Pure.

After a command all sound may be of a follow-up, whose beginning lies where the one before ended, however late
that is known.
"""

from edged.messages import ListeningCause

COMMAND = "a command was being spoken, and clips.commands is off"
FOLLOW_UP = "it could have been of a command without a wake word, and clips.commands is off"
EARLY = "less than a second after a command, and clips.commands is off"


class Privacy:
    """Of one stream, told of its hops and commands in order."""

    def __init__(self) -> None:
        self.now = False
        """The sound of this hop is, or may yet be, of a command, and is not kept."""
        self._kept = True
        self._open = False
        self._cause: ListeningCause = "wake"
        self._followed_until = 0

    def obey(self, commands_kept: bool, at: int) -> bool:
        """Go by `clips.commands` from sample `at` on; True where sound became private that was not so far."""
        before, self._kept = self.now, commands_kept
        self.hop(at)
        return self.now and not before

    def fresh(self) -> None:
        """The stream, or its next unbroken part, begins: nothing is followed up across."""
        self._followed_until = 0

    def hop(self, end: int) -> None:
        """Take a hop that ends at this sample."""
        self.now = not self._kept and (self._open or end < self._followed_until)

    def opened(self, cause: ListeningCause) -> None:
        """A command begins in this hop."""
        self._open, self._cause = True, cause
        self.now = not self._kept

    def closed(self, followed_until: int) -> None:
        """The command ends in this hop, which is still its; until that sample it may be followed up."""
        self._open, self._followed_until = False, followed_until

    def why(self, end: int) -> str:
        """Return why no sound is kept of what was decided in the hop that ends at this sample."""
        if not self.now:
            return EARLY
        waits = not self._open and end < self._followed_until
        return FOLLOW_UP if waits or self._cause == "follow_up" else COMMAND

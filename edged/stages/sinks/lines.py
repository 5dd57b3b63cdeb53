"""Bytes as they come to whole lines, however they were cut, in memory that never grows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line that was longer than may be; it is skipped to its end."""


class Lines:
    """Cuts lines of at most `longest` bytes."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._held = bytearray()
        self._skipping = False

    def push(self, more: bytes) -> list[bytes | TooLong]:
        r"""Take bytes and return the lines they complete, oldest first, without their `\n`.

        A line that is too long is told once, as soon as that is known.
        """
        found: list[bytes | TooLong] = []
        *ended, rest = more.split(b"\n")
        for piece in ended:
            self._keep(piece, found)
            if not self._skipping:
                found.append(bytes(self._held))
            self._held.clear()
            self._skipping = False
        self._keep(rest, found)
        return found

    def rest(self) -> bytes:
        """Return what came after the last line end: nothing more comes, and a last line may have none."""
        held = bytes(self._held)
        self._held.clear()
        return held

    def _keep(self, piece: bytes, found: list[bytes | TooLong]) -> None:
        if self._skipping:
            return
        if len(self._held) + len(piece) > self._longest:
            self._held.clear()
            self._skipping = True
            found.append(TooLong())
            return
        self._held += piece

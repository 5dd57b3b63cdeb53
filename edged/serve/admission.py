"""Who may come in: how many connections and streams at once, in all and of one client. Pure counting."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from edged.errors import EdgedError


class Busy(EdgedError):
    """There is no room now; the sentence is for the client."""

    def __init__(self, reason: str, retry_after_s: float = 1.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        """When it may be worth another try."""


class Admission:
    """Counts what is inside; used on the loop alone."""

    def __init__(self, what: str, most: int, most_each: int) -> None:
        """Prepare.

        Args:
            what: is counted, in the plural: `connections`.
            most: at once.
            most_each: at once of one client.
        """
        self.what = what
        self.refused: Counter[str] = Counter()
        """How often there was no room, by front end."""
        self.at: Counter[str] = Counter()
        """How many are inside, by front end: one that was ever asked stays, with nobody in it."""
        self._most = most
        self._most_each = most_each
        self._inside: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many are inside."""
        return self._inside.total()

    def enter(self, client: str, front_end: str) -> None:
        """Count one more of a client; `leave` takes it back.

        Raises:
            Busy: there is no room.
        """
        if self.count >= self._most:
            raise self.refuse(front_end, f"{self._most} {self.what} are open, which is the most")
        if self._inside[client] >= self._most_each:
            sentence = f"{self._most_each} {self.what} of {client} are open, which is the most of one client"
            raise self.refuse(front_end, sentence)
        self._inside[client] += 1
        self.at[front_end] += 1

    def leave(self, client: str, front_end: str) -> None:
        """Count one less."""
        self._inside[client] -= 1
        self.at[front_end] -= 1
        if not self._inside[client]:
            del self._inside[client]

    def refuse(self, front_end: str, sentence: str) -> Busy:
        """Count a refusal; return it, to be raised."""
        self.refused[front_end] += 1
        return Busy(sentence)

    @contextmanager
    def inside(self, client: str, front_end: str) -> Generator[None]:
        """Count one more for as long as this lasts.

        Raises:
            Busy: there is no room.
        """
        self.enter(client, front_end)
        try:
            yield
        finally:
            self.leave(client, front_end)

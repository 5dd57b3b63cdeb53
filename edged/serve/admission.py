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
        self.refused = 0
        """How often there was no room."""
        self._most = most
        self._most_each = most_each
        self._inside: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many are inside."""
        return self._inside.total()

    def enter(self, client: str) -> None:
        """Count one more of a client; `leave` takes it back.

        Raises:
            Busy: there is no room.
        """
        if self.count >= self._most:
            self.refused += 1
            raise Busy(f"{self._most} {self.what} are open, which is the most")
        if self._inside[client] >= self._most_each:
            self.refused += 1
            raise Busy(f"{self._most_each} {self.what} of {client} are open, which is the most of one client")
        self._inside[client] += 1

    def leave(self, client: str) -> None:
        """Count one less."""
        self._inside[client] -= 1
        if not self._inside[client]:
            del self._inside[client]

    @contextmanager
    def inside(self, client: str) -> Generator[None]:
        """Count one more for as long as this lasts.

        Raises:
            Busy: there is no room.
        """
        self.enter(client)
        try:
            yield
        finally:
            self.leave(client)

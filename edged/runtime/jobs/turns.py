"""Whose job is next: clients take turns, however many jobs one of them has. Pure."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT = 4
"""One place in so many is kept for clients that have none: who fills the queue does not lock out others."""


class Turns(Generic[T]):
    """A bounded queue in which each client has a line of its own, first in, first out."""

    def __init__(self, places: int) -> None:
        """`places`: items that may wait, at least 1.

        Raises:
            ValueError: none may.
        """
        if places < 1:
            raise ValueError(f"a queue needs at least 1 place, got {places}")
        self._places = places
        self._lines: OrderedDict[Hashable, deque[T]] = OrderedDict()  # the first client is next
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def full(self, client: Hashable) -> bool:
        """Return whether there is no place for one more of this client's."""
        places = self._places - self._places // KEPT if client in self._lines else self._places
        return self._count >= places

    def put(self, client: Hashable, item: T) -> bool:
        """Take an item at the end of its client's line; False where there is no place."""
        if self.full(client):
            return False
        self._lines.setdefault(client, deque()).append(item)
        self._count += 1
        return True

    def again(self, client: Hashable, item: T) -> None:
        """Take back an item that had its turn: it is the next of all, and always has a place."""
        self._lines.setdefault(client, deque()).appendleft(item)
        self._lines.move_to_end(client, last=False)
        self._count += 1

    def take(self) -> T | None:
        """Return the next item, None of an empty queue; its client goes to the end of the round."""
        if not self._lines:
            return None
        client, line = next(iter(self._lines.items()))
        item = line.popleft()
        self._count -= 1
        if line:
            self._lines.move_to_end(client)
        else:
            del self._lines[client]
        return item

    def remove(self, client: Hashable, item: T) -> bool:
        """Take an item out of its line; False if it is not there."""
        line = self._lines.get(client)
        if line is None or item not in line:
            return False
        line.remove(item)
        self._count -= 1
        if not line:
            del self._lines[client]
        return True

    def clear(self) -> list[T]:
        """Return all that waits, and hold nothing any more."""
        items = [item for line in self._lines.values() for item in line]
        self._lines.clear()
        self._count = 0
        return items

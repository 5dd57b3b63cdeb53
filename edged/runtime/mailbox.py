"""A bounded queue between two threads that says what it drops.

Every mailbox has a name, a depth, a policy for when it is full and a counter, so that none can grow for
months and none can lose anything silently.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, Literal, TypeVar

T = TypeVar("T")


class Closed(Exception):
    """The mailbox is closed and everything in it was taken."""


class Mailbox(Generic[T]):
    """First in, first out, `depth` items at most.

    full: `drop_oldest` for live sound (late sound is worthless), `wait` for recordings, where the
    source can be made to wait, `refuse` where what waits was promised already. `replaces` gives an item's
    key: a newer item with the key of one that still waits takes its place, so that a slow reader sees the
    newest partial only.
    """

    def __init__(
        self,
        name: str,
        depth: int,
        full: Literal["drop_oldest", "wait", "refuse"] = "drop_oldest",
        replaces: Callable[[T], Hashable | None] | None = None,
    ) -> None:
        if depth < 1:
            raise ValueError(f"{name}: a mailbox needs a depth of at least 1, got {depth}")
        self.name = name
        self.depth = depth
        self.dropped = 0
        """Items lost because the reader was late."""
        self._full: Literal["drop_oldest", "wait", "refuse"] = full
        self._replaces = replaces
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> T | None:
        """Add an item; return the one dropped for it, if any: itself where it is refused or after `close`."""
        with self._changed:
            self._changed.wait_for(lambda: not self._must_wait())
            if self._closed:
                return item
            if self._take_place_of_older(item):
                return None
            lost = None
            if len(self._items) == self.depth and self._full == "refuse":
                self.dropped += 1
                return item
            if len(self._items) == self.depth:
                lost = self._items.popleft()
                self.dropped += 1
            self._items.append(item)
            self._changed.notify_all()
            return lost

    def get(self, timeout_s: float | None = None) -> T | None:
        """Take the oldest item; None if none came in time.

        Raises:
            Closed: nothing is left and nothing will come.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed, timeout_s)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if self._closed:
                raise Closed(self.name)
            return None

    def hurry(self, timeout_s: float) -> None:
        """Wait for a free place, at most that long; from then on the oldest goes and nobody waits to put.

        At the end of a run a reader that does not read must not hold up the others.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._must_wait(), timeout_s)
            self._full = "drop_oldest"
            self._changed.notify_all()

    def close(self) -> None:
        """Let nothing more in; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _must_wait(self) -> bool:
        return self._full == "wait" and len(self._items) == self.depth and not self._closed

    def _take_place_of_older(self, item: T) -> bool:
        key = self._replaces(item) if self._replaces else None
        if key is None or self._replaces is None:
            return False
        for index, waiting in enumerate(self._items):
            if self._replaces(waiting) == key:
                self._items[index] = item
                return True
        return False

"""A mailbox whose reader is on the loop: filled from any thread, read by `await`."""

import asyncio
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from edged.runtime.mailbox import Closed, Mailbox

T = TypeVar("T")


class Inbox(Generic[T]):
    """First in, first out; full, the oldest goes and is counted."""

    def __init__(
        self,
        name: str,
        depth: int,
        loop: asyncio.AbstractEventLoop,
        replaces: Callable[[T], Hashable | None] | None = None,
    ) -> None:
        """`replaces`: see `Mailbox`."""
        self._box: Mailbox[T] = Mailbox(name, depth, replaces=replaces)
        self._loop = loop
        self._came = asyncio.Event()
        self._told = False  # at most one call waits on the loop, however many items come

    @property
    def dropped(self) -> int:
        """Items lost because the reader was late."""
        return self._box.dropped

    def put(self, item: T) -> None:
        """Add an item; from any thread. After `close` it is forgotten."""
        self._box.put(item)
        self._tell()

    def close(self) -> None:
        """Let nothing more in; what waits can still be read."""
        self._box.close()
        self._tell()

    async def get(self) -> T:
        """Take the oldest item, waiting for one.

        Raises:
            Closed: nothing is left and nothing will come.
        """
        while True:
            self._came.clear()
            self._told = False
            item = self._box.get(timeout_s=0)
            if item is not None:
                return item
            await self._came.wait()

    def __aiter__(self) -> "Inbox[T]":
        return self

    async def __anext__(self) -> T:
        try:
            return await self.get()
        except Closed:
            raise StopAsyncIteration from None

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            with suppress(RuntimeError):  # the loop is over: nobody reads any more
                self._loop.call_soon_threadsafe(self._came.set)

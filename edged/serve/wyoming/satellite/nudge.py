"""Wakes one task on the loop: given from any thread, however often, it is felt once."""

import asyncio
from contextlib import suppress


class Nudge:
    """Made on the loop of whoever waits for it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._given = asyncio.Event()
        self._told = False  # at most one call waits on the loop

    def give(self) -> None:
        """Wake who waits; from any thread."""
        if not self._told:
            self._told = True
            with suppress(RuntimeError):  # the loop is over: nobody waits any more
                self._loop.call_soon_threadsafe(self._given.set)

    async def felt(self) -> None:
        """Wait until it was given since the last time."""
        await self._given.wait()
        self._given.clear()
        self._told = False  # before anything is looked at: what comes from here on nudges again

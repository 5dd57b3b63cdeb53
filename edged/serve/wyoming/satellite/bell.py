"""Wakes one task on the loop: rung from any thread, however often, it is heard once."""

import asyncio
from contextlib import suppress


class Bell:
    """Made on the loop of whoever listens."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._told = False  # at most one call waits on the loop

    def ring(self) -> None:
        """Wake who listens; from any thread."""
        if not self._told:
            self._told = True
            with suppress(RuntimeError):  # the loop is over: nobody listens any more
                self._loop.call_soon_threadsafe(self._rung.set)

    async def heard(self) -> None:
        """Wait until it was rung since the last time."""
        await self._rung.wait()
        self._rung.clear()
        self._told = False

"""Finds out that a server is gone without a word: asks for life, and ends the connection where none comes."""

import asyncio
import logging

from wyoming.ping import Ping

from edged.serve.wyoming.wire import Wire

log = logging.getLogger(__name__)

PING_S = 2.0
"""Seconds between two questions, as wyoming-satellite asks and Home Assistant does."""

PONG_S = 5.0
"""Seconds in which an answer must come."""


class Pulse:
    """Of one server. One that never said `ping` or `pong` need only say something within `idle_s`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._knows = False
        self._answered = asyncio.Event()

    def pinged(self) -> None:
        """The server asked: it knows how."""
        self._knows = True

    def ponged(self) -> None:
        """The server answered."""
        self._knows = True
        self._answered.set()

    async def keep(self, server: str) -> None:
        """Ask until the connection ends, or end it."""
        try:
            while True:
                await asyncio.sleep(PING_S)
                self._answered.clear()
                await self._wire.write(Ping())
                try:
                    async with asyncio.timeout(PONG_S):
                        await self._answered.wait()
                except TimeoutError:
                    if self._knows:
                        log.warning("wyoming: %s shows no life for %g s and is let go", server, PONG_S)
                        self._wire.abort()
                        return
        except (ConnectionError, TimeoutError) as exc:
            log.info("wyoming: %s cannot be asked for life (%s)", server, exc or type(exc).__name__)
            self._wire.abort()

"""Events of one Wyoming connection, bounded in size and time in both directions."""

import asyncio
from contextlib import suppress
from typing import Any, Protocol

from wyoming.event import Event, async_read_event, async_write_event

from edged.errors import EdgedError

LONGEST_LINE = 64 * 1024
LONGEST_PART = 1 << 20
"""Bytes of one part of an event: 5 s of 48 kHz stereo."""

LINGER_S = 2.0
"""Seconds that a client has to close after our last word."""

WRITE_S = 5.0
"""Seconds in which a client must take an answer."""


class Nonsense(EdgedError):
    """The client does not speak Wyoming; the sentence is for it."""


class Says(Protocol):
    """Anything of wyoming's that becomes an event."""

    def event(self) -> Event: ...


class _Bounded:
    """What `async_read_event` reads from: it would believe any length that it is told."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.first = b""
        """The byte that was read to see whether the client says anything."""

    async def readline(self) -> bytes:
        first, self.first = self.first, b""
        return first if first == b"\n" else first + await self._reader.readline()

    async def readexactly(self, size: object) -> bytes:
        if type(size) is not int or size > LONGEST_PART:
            raise Nonsense(f"an event with a part of {size!r:.40} bytes; at most {LONGEST_PART} are taken")
        return await self._reader.readexactly(size)


class Wire:
    """One connection; several tasks may write."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle_s: float) -> None:
        """`idle_s`: seconds that the client may say nothing while it is its turn."""
        self._reader = reader
        self._bounded = _Bounded(reader)
        self._writer = writer
        self._idle_s = idle_s
        self._writing = asyncio.Lock()
        self._said_all = False

    async def begins(self, within_s: float | None) -> bool:
        """Wait until the client says something, before anything was read; False: it does not, in that time.

        True also where it left: `read` tells. Raises ConnectionError where it left by force.
        """
        try:
            async with asyncio.timeout(within_s):
                self._bounded.first = await self._reader.read(1)
        except TimeoutError:
            return False
        return True

    async def read(self) -> Event | None:
        """Return the next event, None at the end of the connection.

        Raises:
            Nonsense: what came is none.
            TimeoutError: nothing came for too long.
            ConnectionError: the client left.
        """
        read: Any = async_read_event
        try:
            async with asyncio.timeout(self._idle_s):
                event = await read(self._bounded)
        except asyncio.IncompleteReadError as exc:
            raise ConnectionResetError("left in the middle of an event") from exc
        except (AttributeError, TypeError, KeyError, ValueError, RecursionError) as exc:
            raise Nonsense("what came is no Wyoming event") from exc
        if event is None:  # what it makes of an end, and of a line that is no JSON
            if self._reader.at_eof():
                return None
            raise Nonsense("what came is no Wyoming event")
        if not (isinstance(event.type, str) and isinstance(event.data, dict)):
            raise Nonsense("what came is no Wyoming event")
        return event

    async def write(self, says: Says) -> None:
        """Send an event.

        Raises:
            ConnectionError: the client left.
            TimeoutError: it does not read.
        """
        async with self._writing, asyncio.timeout(WRITE_S):
            if self._said_all:
                raise ConnectionResetError("the last word was said")
            await async_write_event(says.event(), self._writer)

    async def end(self) -> None:
        """Say nothing more, and take what the client still sends until it closes, for two seconds at most.

        A connection that is closed with something unread is reset, and the answer may be lost with it.
        """
        self.say_no_more()
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while await self._reader.read(LONGEST_LINE):
                    continue

    def say_no_more(self) -> None:
        """Close our side: the client reads an end after what was written, and has two seconds to go."""
        if not self._said_all:
            self._said_all = True
            asyncio.get_running_loop().call_later(LINGER_S, self.abort)
            with suppress(OSError, RuntimeError):  # it left
                self._writer.write_eof()

    def close(self) -> None:
        """Close the connection. Closing twice is allowed."""
        self._writer.close()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._writer.transport.abort()

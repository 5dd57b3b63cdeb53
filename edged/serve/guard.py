"""Between a TCP connection and whoever speaks HTTP on it: lets it in, and go where it only holds a place.

aiohttp waits for ever for a request that never ends. Here a client's turn, in which it is to send a request,
lasts so long and no longer. While it is our turn, nobody counts.
"""

import asyncio
import time
from collections.abc import Callable
from typing import cast

from edged.serve.admission import Admission, Busy

BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
)
"""What is said to a connection for which there is no room: the request itself is not read."""


class Guard(asyncio.Protocol):
    """One connection."""

    def __init__(
        self,
        inner: asyncio.Protocol,
        connections: Admission,
        inside: "set[Guard]",
        front_end: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            inner: speaks HTTP.
            connections: counts those of all front ends.
            inside: where it is found while it is open.
            front_end: whose connection it is.
            clock: monotonic seconds.
        """
        self._inner = inner
        self._connections = connections
        self._inside = inside
        self._front_end = front_end
        self._clock = clock
        self._client = ""
        self.transport: asyncio.Transport | None = None
        """None before it was let in and after it left."""
        self.since: float | None = None
        """When the client's turn began; None while it is ours."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        client = client_of(transport.get_extra_info("peername"))
        try:
            self._connections.enter(client, self._front_end)
        except Busy as exc:
            text = f"{exc}\n".encode()
            transport.write(BUSY + f"Content-Length: {len(text)}\r\n\r\n".encode() + text)
            transport.close()
            return
        self._client, self.transport = client, transport
        self._inside.add(self)
        self.theirs()
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self.transport is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self.transport is not None else None

    def pause_writing(self) -> None:
        if self.transport is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self.transport is not None:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:
            self.transport = None
            self._inside.discard(self)
            self._connections.leave(self._client, self._front_end)
            self._inner.connection_lost(exc)

    def theirs(self) -> None:
        """The client's turn begins: it is to send something."""
        self.since = self._clock()

    def ours(self) -> None:
        """Its request is complete."""
        self.since = None

    def let_go_if_idle(self, idle_s: float) -> bool:
        """Drop the connection if the client's turn has lasted so long; return whether it did."""
        if self.since is None or self.transport is None or self._clock() - self.since < idle_s:
            return False
        self.transport.abort()
        return True


def client_of(peer: object) -> str:
    """Return what a client is counted by: its address without the port."""
    where = cast("tuple[object, ...]", peer) if isinstance(peer, tuple) else ()
    return str(where[0]) if where else "this machine"

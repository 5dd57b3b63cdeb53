"""A client's WebSocket that reads while it speaks, and tells a refusal from a loss."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from edged.serve.clients.visit import Door, Refused

BUSY = (503, 429)


class Socket:
    """One connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def say(self, message: dict[str, Any] | str | bytes) -> None:
        """Send text, an object as JSON, or bytes."""
        if isinstance(message, bytes):
            await self._socket.send_bytes(message)
        else:
            await self._socket.send_str(message if isinstance(message, str) else json.dumps(message))

    async def read(self) -> Any:
        """Return the next answer.

        Raises:
            Refused: the server closed and says why.
            ConnectionError: it closed without a word.
        """
        message = await self._socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            return message.data
        if message.type is aiohttp.WSMsgType.CLOSE and message.extra:
            raise Refused(message.extra)
        raise ConnectionResetError("closed without an answer")


@asynccontextmanager
async def connected(door: Door, name: str, protocols: tuple[str, ...] = ()) -> AsyncGenerator[Socket]:
    """Connect; the connection ends with this.

    Raises:
        Refused: the upgrade was refused for lack of room.
    """
    address = f"http://{door.host}:{door.ports[name]}/"
    async with aiohttp.ClientSession() as session:
        try:
            async with session.ws_connect(address, protocols=protocols) as socket:
                yield Socket(socket)
        except aiohttp.WSServerHandshakeError as exc:
            if exc.status in BUSY:
                raise Refused(f"{exc.status} {exc.message}") from exc
            raise

"""One WebSocket of a client: messages bounded in size, waiting and answering bounded in time."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from edged.errors import EdgedError

LARGEST = 4 * 2**20
"""Bytes of one message: two minutes of 16 kHz."""

WRITE_S = 5.0
"""Seconds in which a client must take an answer."""

CLOSE_S = 1.0
"""Seconds in which it must answer a close."""


class Gone(EdgedError):
    """The client left, or does not read."""


class Hung(EdgedError):
    """The client says nothing, and it is its turn."""


class WebSocket:
    """Made for a request that asks for an upgrade; used by the request's own task, but for `send`."""

    def __init__(self, request: web.Request, idle_s: float, protocols: tuple[str, ...] = ()) -> None:
        """Prepare; `open` answers the upgrade.

        Args:
            request: of the client.
            idle_s: seconds that it may say nothing.
            protocols: taken where the client offers one.
        """
        self._request = request
        self._idle_s = idle_s
        self._socket = web.WebSocketResponse(
            timeout=CLOSE_S, max_msg_size=LARGEST, protocols=protocols, compress=False
        )

    async def open(self) -> web.WebSocketResponse:
        """Answer the upgrade; return what the handler must return in the end.

        Raises:
            HTTPBadRequest: it is none.
        """
        try:
            await self._socket.prepare(self._request)
        except ValueError as exc:  # aiohttp's, of a key that is no ASCII
            raise web.HTTPBadRequest(reason="no WebSocket upgrade") from exc
        return self._socket

    async def receive(self) -> str | bytes | None:
        """Return the next message, None once the client closed.

        Raises:
            Hung: nothing came for too long.
        """
        try:
            async with asyncio.timeout(self._idle_s):
                message = await self._socket.receive()
        except TimeoutError:
            raise Hung("nothing was said for too long") from None
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            return message.data
        return None

    async def send(self, message: dict[str, Any] | str) -> None:
        """Send a text, an object as JSON.

        Raises:
            Gone: the client left, or does not read.
        """
        text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
        try:
            async with asyncio.timeout(WRITE_S):
                await self._socket.send_str(text)
        except (ConnectionError, TimeoutError, RuntimeError) as exc:
            raise Gone("the client takes no answers") from exc

    async def close(self, code: int = WSCloseCode.OK, reason: str = "") -> None:
        """Close it, with a reason of at most 123 bytes. Closing twice is allowed."""
        said = reason.encode()[:120].decode(errors="ignore")
        with suppress(ConnectionError, TimeoutError, RuntimeError):
            await self._socket.close(code=code, message=said.encode())


def wanted(request: web.Request) -> bool:
    """Return whether a request asks for an upgrade."""
    return request.headers.get("Upgrade", "").lower() == "websocket"

"""One port that speaks HTTP and WebSocket: shared by FunASR, sherpa, OpenAI and the dashboard.

Who may come in is decided here; no traceback leaves the box.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web

from edged.config.schema import Server
from edged.errors import EdgedError
from edged.serve.admission import Busy
from edged.serve.front_end import Door
from edged.serve.guard import Guard, client_of
from edged.serve.http_log import HttpLog

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""Seconds between two looks for clients that only hold a place."""

END_S = 1.0
"""Seconds that requests get to end once the site is stopped."""

LONGEST_HEAD = 16_384
"""Bytes of a request's head."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Refuse = Callable[[int, str], web.Response]
"""Status and sentence to a response, in the words of the protocol."""

RETRY = 429
"""What a client is told that came when there was no room."""


def plain(status: int, sentence: str) -> web.Response:
    """Refuse in plain text."""
    return web.Response(status=status, text=f"{sentence}\n")


class Site:
    """Listens for one front end."""

    def __init__(
        self, name: str, server: Server, door: Door, refuse: Refuse = plain, most: int = 2**20
    ) -> None:
        """Prepare; add routes to `router`, then `start`.

        Args:
            name: of the front end.
            server: where it listens.
            door: who is let in.
            refuse: makes the response of an error.
            most: bytes of a request's body, where the handler does not read it piece by piece.
        """
        self.name = name
        self._server = server
        self._door = door
        self._refuse = refuse
        self._guards: set[Guard] = set()
        self._open_paths: set[str] = set()
        self._app = web.Application(
            middlewares=[self._admit],
            client_max_size=most,
            handler_args={
                "max_line_size": LONGEST_HEAD,
                "max_field_size": LONGEST_HEAD,
                "access_log": None,
                "logger": HttpLog(),
                "keepalive_timeout": door.config.serve.idle_s,
            },
        )
        self._runner = web.AppRunner(self._app, handle_signals=False, shutdown_timeout=END_S)

    @property
    def router(self) -> web.UrlDispatcher:
        """Where routes are added."""
        return self._app.router

    def let_in_without_token(self, *paths: str) -> None:
        """Ask for no token at these paths: what monitors ask, and the page that asks for the token."""
        self._open_paths.update(paths)

    async def start(self) -> int:
        """Listen; return the port.

        Raises:
            OSError: the address cannot be had.
        """
        await self._runner.setup()
        inner = self._runner.server
        assert inner is not None
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(
            lambda: Guard(inner(), self._door.connections, self._guards, self.name),
            self._server.bind,
            self._server.port,
            ssl=self._door.tls,
        )
        self._looking = loop.create_task(self._look())
        return int(self._listening.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take nobody new, end what is open."""
        if not hasattr(self, "_listening"):
            return
        self._looking.cancel()
        with suppress(asyncio.CancelledError):
            await self._looking
        self._listening.close()
        await self._runner.cleanup()
        for guard in tuple(self._guards):
            if guard.transport is not None:
                guard.transport.abort()

    def guard_of(self, request: web.BaseRequest) -> Guard | None:
        """Return the guard of a request's connection, None where that is gone."""
        return next((guard for guard in self._guards if guard.transport is request.transport), None)

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who may, and answer every fault with a sentence."""
        guard = self.guard_of(request)
        if guard is not None:
            guard.ours()
        try:
            if request.path not in self._open_paths and not self._door.access.granted(
                request.headers.get("Authorization"), request.query.get("token")
            ):
                return self._refuse(401, "a token is needed: Authorization: Bearer TOKEN")
            return await handler(request)
        except web.HTTPException as exc:
            if exc.status < 400:
                raise
            return self._refuse(exc.status, exc.reason.lower())
        except Busy as exc:
            response = self._refuse(RETRY, str(exc))
            response.headers["Retry-After"] = str(max(1, round(exc.retry_after_s)))
            return response
        except EdgedError as exc:
            return self._refuse(503, str(exc))
        except ConnectionError:  # the client left: nobody reads this
            return self._refuse(400, "the connection was lost")
        except Exception:  # whatever it is, the client hears no more than that
            log.exception("%s: a request broke", self.name)
            return self._refuse(500, "a fault inside; the log says more")
        finally:
            if guard is not None:
                guard.theirs()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for guard in tuple(self._guards):
                guard.let_go_if_idle(self._door.config.serve.idle_s)


def client(request: web.BaseRequest) -> str:
    """Return what the client of a request is counted by."""
    transport = request.transport
    return client_of(transport.get_extra_info("peername") if transport is not None else None)

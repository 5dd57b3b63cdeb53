"""One port: lets Wyoming clients in, up to a number, and lets all of them go at the end."""

import asyncio
import logging

from wyoming.error import Error
from wyoming.info import Info

from edged.runtime.frame_taps import FrameTaps
from edged.serve.admission import Busy
from edged.serve.front_end import Door
from edged.serve.guard import client_of
from edged.serve.wyoming.announce import Announcement, reached
from edged.serve.wyoming.connection import Connection
from edged.serve.wyoming.satellite.satellite import Satellite
from edged.serve.wyoming.wire import LONGEST_LINE, Wire

log = logging.getLogger(__name__)


class Port:
    """wyoming's own server is not used: it lets in whoever comes, and waits for nobody."""

    def __init__(
        self,
        door: Door,
        info: Info,
        name: str,
        heard: FrameTaps | None = None,
        satellite: Satellite | None = None,
    ) -> None:
        """Prepare.

        Args:
            door: what the front ends share.
            info: the answer to `describe`.
            name: under which it is announced, where that is configured.
            heard: the sound for a client that asks nothing; None: there is none.
            satellite: for a client that wants one; None: there is none.
        """
        self._door = door
        self._info = info
        self._name = name
        self._heard = heard
        self._satellite = satellite
        self._listening: asyncio.Server | None = None
        self._announcement: Announcement | None = None
        self._clients: set[asyncio.Task[None]] = set()  # no more than max_connections

    async def open(self, port: int) -> int:
        """Listen; return the port, which 0 leaves to the kernel. Raises OSError where it cannot be had."""
        config = self._door.config.serve.wyoming
        self._listening = await asyncio.start_server(self._let_in, config.bind, port, limit=LONGEST_LINE)
        found = int(self._listening.sockets[0].getsockname()[1])
        if config.announce:
            bound = [str(each.getsockname()[0]) for each in self._listening.sockets]
            self._announcement = Announcement(self._name, found, lambda: reached(bound))
            self._announcement.begin()
        return found

    async def close(self) -> None:
        """Take nobody new, let everybody go."""
        if self._listening is None:
            return
        self._listening.close()
        clients = tuple(self._clients)
        for task in clients:
            task.cancel()
        going = asyncio.gather(*clients, return_exceptions=True)
        if self._announcement is not None:
            await self._announcement.withdraw()
        await going

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        door = self._door
        wire = Wire(reader, writer, door.config.serve.idle_s)
        client = client_of(writer.get_extra_info("peername"))
        try:
            with door.connections.inside(client, "wyoming"):
                await Connection(wire, door.reception, self._info, client, self._heard, self._satellite).run()
        except Busy as exc:
            await self._refuse(wire, str(exc), "busy")
        except asyncio.CancelledError:
            wire.abort()
        except Exception:  # whatever a client sent, the others are served on
            log.exception("wyoming: a connection broke")
            await self._refuse(wire, "a fault inside; the log says more", "fault")
        finally:
            wire.close()
            self._clients.discard(task)

    async def _refuse(self, wire: Wire, sentence: str, code: str) -> None:
        try:
            await wire.write(Error(text=sentence, code=code))
        except (ConnectionError, TimeoutError):
            wire.abort()
        else:
            await wire.end()

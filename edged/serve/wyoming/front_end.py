"""The port: lets Wyoming clients in, up to a number, and lets all of them go at the end."""

import asyncio
import logging

from wyoming.error import Error

from edged.config.schema import WyomingServer
from edged.serve.admission import Busy
from edged.serve.front_end import Door
from edged.serve.guard import client_of
from edged.serve.wyoming.announce import Announcement, box_name, reached
from edged.serve.wyoming.connection import Connection
from edged.serve.wyoming.info import info, satellite
from edged.serve.wyoming.satellite.satellite import Satellite
from edged.serve.wyoming.wire import LONGEST_LINE, Wire

log = logging.getLogger(__name__)


def open_front_end(door: Door) -> "Wyoming":
    """Prepare to listen."""
    return Wyoming(door)


class Wyoming:
    """See `FrontEnd`. wyoming's own server is not used: it lets in whoever comes, and waits for nobody."""

    name = "wyoming"

    def __init__(self, door: Door) -> None:
        self._door = door
        self._config: WyomingServer = door.config.serve.wyoming
        self._heard = door.heard if self._config.microphone else None
        self._satellite: Satellite | None = None
        if self._config.satellite and door.run is not None:
            self._satellite = Satellite(door.run, self._config.end_stage)
        self._listening: asyncio.Server | None = None
        self._announcement: Announcement | None = None
        self._clients: set[asyncio.Task[None]] = set()  # no more than max_connections

    async def start(self) -> int:
        """Listen; return the port. Raises OSError where the address cannot be had."""
        reception = self._door.reception
        recognizer = reception.kit.recognizer
        languages = recognizer.languages if recognizer else ()
        self._info = info(reception.heads, recognizer, languages, microphone=self._heard is not None)
        if self._satellite is not None:
            self._info.satellite = satellite(
                box_name(self._config.name), self._config.area, tuple(reception.heads)
            )
        self._listening = await asyncio.start_server(
            self._let_in, self._config.bind, self._config.port, limit=LONGEST_LINE
        )
        if self._satellite is not None:
            self._satellite.begin()
        port = int(self._listening.sockets[0].getsockname()[1])
        if self._config.announce:
            bound = [str(each.getsockname()[0]) for each in self._listening.sockets]
            self._announcement = Announcement(self._config.name, port, lambda: reached(bound))
            self._announcement.begin()
        return port

    async def stop(self) -> None:
        """Take nobody new, let everybody go."""
        if self._listening is None:
            return
        self._listening.close()
        if self._satellite is not None:
            self._satellite.end()
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
        wire = Wire(reader, writer, self._door.config.serve.idle_s)
        client = client_of(writer.get_extra_info("peername"))
        try:
            with self._door.connections.inside(client, self.name):
                reception, heard = self._door.reception, self._heard
                await Connection(wire, reception, self._info, client, heard, self._satellite).run()
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

"""The ports: one for engines, and one for the satellite, of which Home Assistant takes nothing else."""

import asyncio
import logging

from edged.config.schema import WyomingServer
from edged.serve.front_end import Door
from edged.serve.wyoming.announce import box_name
from edged.serve.wyoming.info import info, satellite_info
from edged.serve.wyoming.port import Port
from edged.serve.wyoming.satellite.satellite import Satellite

log = logging.getLogger(__name__)


def open_front_end(door: Door) -> "Wyoming":
    """Prepare to listen."""
    return Wyoming(door)


class Wyoming:
    """See `FrontEnd`."""

    name = "wyoming"

    def __init__(self, door: Door) -> None:
        self._door = door
        self._config: WyomingServer = door.config.serve.wyoming
        self._ports: list[Port] = []
        self._satellite: Satellite | None = None
        if self._config.satellite and door.run is not None:
            self._satellite = Satellite(door.run, self._config.end_stage)
        self.satellite_port: int | None = None
        """Where the satellite is; None where there is none."""

    async def start(self) -> int:
        """Listen; return the port of the engines. Raises OSError where an address cannot be had."""
        reception, config = self._door.reception, self._config
        recognizer = reception.kit.recognizer
        languages = recognizer.languages if recognizer else ()
        heard = self._door.heard if config.microphone else None
        about = info(reception.heads, recognizer, languages, microphone=heard is not None)
        try:
            port = await self._open(Port(self._door, about, box_name(config.name), heard), config.port)
            if self._satellite is not None:
                self.satellite_port = await self._open_satellite(self._satellite)
        except OSError:
            await self.stop()
            raise
        return port

    async def stop(self) -> None:
        """Take nobody new, let everybody go."""
        if self._satellite is not None:
            self._satellite.end()
        await asyncio.gather(*(port.close() for port in self._ports))

    async def _open(self, port: Port, number: int) -> int:
        self._ports.append(port)
        return await port.open(number)

    async def _open_satellite(self, satellite: Satellite) -> int:
        config = self._config
        name = box_name(config.name)
        about = satellite_info(name, config.area, self._door.reception.heads)
        satellite.begin()
        port = Port(self._door, about, box_name(config.name, "-satellite"), satellite=satellite)
        number = await self._open(port, config.satellite_port)
        log.info("wyoming: is a satellite on %s port %d", config.bind, number)
        return number

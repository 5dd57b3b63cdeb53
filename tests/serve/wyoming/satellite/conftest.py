"""A box whose path is the test's own hand, and Home Assistant at its port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from wyoming.audio import AudioChunk
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.info import Describe
from wyoming.ping import Ping, Pong
from wyoming.satellite import RunSatellite

from edged.serve.wyoming.front_end import open_front_end
from tests.serve.box import Box, with_satellite

LONG_S = 60


class Assistant:
    """Home Assistant: one connection, on which it says what it says and hears what it hears."""

    def __init__(self, client: AsyncTcpClient) -> None:
        self.client = client

    async def say(self, *said) -> None:
        for each in said:
            await self.client.write_event(each.event())

    async def read(self) -> Event | None:
        """The next event that is no question for life; that is answered."""
        while (event := await self.client.read_event()) is not None:
            if not Ping.is_type(event.type):
                return event
            await self.say(Pong(text=event.data.get("text")))
        return None

    async def until(self, kind: str) -> list[Event]:
        """All that comes up to an event of this type."""
        events = []
        while not events or events[-1].type != kind:
            event = await self.read()
            assert event is not None, [each.type for each in events]
            events.append(event)
        return events

    async def heard(self) -> list[Event]:
        """What came before the answer to a question that is asked now: all said until now was heard there."""
        await self.say(Ping(text="now"))
        return (await self.until("pong"))[:-1]

    async def begin(self) -> None:
        """As it begins: it is ready, looks what there is, and asks for life."""
        await self.say(RunSatellite(), Describe())
        await self.until("info")
        await self.heard()


def sound(events: list[Event]) -> bytes:
    return b"".join(AudioChunk.from_event(each).audio for each in events if AudioChunk.is_type(each.type))


def kinds(events: list[Event]) -> list[str]:
    """Their types, many pieces of sound as one."""
    types = [each.type for each in events]
    return [each for n, each in enumerate(types) if each != "audio-chunk" or types[n - 1] != each]


@contextlib.asynccontextmanager
async def assistant(port: int) -> AsyncIterator[Assistant]:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        yield Assistant(client)


def play(coroutine) -> None:
    asyncio.run(asyncio.wait_for(coroutine, LONG_S))


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def more() -> dict[str, object]:
    """Further keys of the port."""
    return {}


@pytest.fixture
def front_end(loop, door, box, more):
    opened = open_front_end(with_satellite(door, box, name="Ear in the hall", area="Hall", **more))
    yield opened
    loop.run(opened.stop(), LONG_S)


@pytest.fixture
def engines(loop, front_end) -> int:
    """The port of everything else."""
    return loop.run(front_end.start(), LONG_S)


@pytest.fixture
def port(front_end, engines) -> int:
    return front_end.satellite_port

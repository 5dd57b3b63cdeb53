"""Wyoming clients: a satellite that waits for its wake word, and Home Assistant that asks for a text."""

import asyncio
import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import BinaryIO, cast

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable, async_read_event, write_event
from wyoming.wake import Detect, Detection, NotDetected

from edged.geometry import SAMPLE_RATE
from edged.serve.clients.visit import Door, Refused, Spoken, paced
from edged.stages.recognize.recognizer import Pcm

FORM = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}


def packed(said: Eventable) -> bytes:
    """Return an event as it is sent."""
    data = io.BytesIO()
    write_event(said.event(), cast("BinaryIO", data))
    return data.getvalue()


def chunk(pcm: Pcm) -> bytes:
    """Return sound as it is sent."""
    return packed(AudioChunk(**FORM, audio=pcm.tobytes()))


class Connection:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Send what is packed."""
        self._writer.write(data)
        await self._writer.drain()

    async def read(self) -> Event:
        """Return the next event.

        Raises:
            Refused: it is an error.
            ConnectionError: the server left without a word.
        """
        event = await async_read_event(self._reader)
        if event is None:
            raise ConnectionResetError("closed without an answer")
        if Error.is_type(event.type):
            raise Refused(Error.from_event(event).text)
        return event


@asynccontextmanager
async def connected(door: Door) -> AsyncGenerator[Connection]:
    """Connect; the connection ends with this."""
    reader, writer = await asyncio.open_connection(door.host, door.ports["wyoming"])
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def wake(door: Door, spoken: Spoken) -> str:
    """Say the wake word at its pace; return the words that were detected."""
    async with connected(door) as connection:
        await connection.send(packed(Detect()) + packed(AudioStart(**FORM)))
        speaking = asyncio.create_task(_say(connection, spoken.wake))
        try:
            event = await connection.read()
        finally:
            speaking.cancel()
    if NotDetected.is_type(event.type):
        return ""
    return Detection.from_event(event).name or ""


async def asr(door: Door, spoken: Spoken) -> str:
    """Say the command at its pace; return the transcript."""
    async with connected(door) as connection:
        await connection.send(packed(Transcribe()) + packed(AudioStart(**FORM)))
        speaking = asyncio.create_task(_say(connection, spoken.command))
        try:
            while not Transcript.is_type((event := await connection.read()).type):
                continue
        finally:
            speaking.cancel()
    return Transcript.from_event(event).text


async def _say(connection: Connection, pcm: Pcm) -> None:
    with suppress(ConnectionError):  # the answer was there before the sound was over, or tells why not
        await paced(pcm, lambda piece: connection.send(chunk(piece)))
        await connection.send(packed(AudioStop()))

"""The microphone as a Wyoming service: its sound for a client that asks for nothing else."""

import asyncio
import logging
from contextlib import suppress

from wyoming.audio import AudioChunk, AudioStart, AudioStop

from edged.geometry import SAMPLE_RATE
from edged.messages import Frame
from edged.runtime.frame_taps import FrameTaps
from edged.serve.inbox import Inbox
from edged.serve.wyoming.wire import Wire

log = logging.getLogger(__name__)

QUIET_S = 0.5
"""Seconds without a word after which a client is one of a microphone: every other kind begins by asking."""

WAITING = 25
"""Frames that may wait for a client: two seconds."""

FORM = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}


async def send_until_it_speaks(wire: Wire, frames: FrameTaps, client: str) -> None:
    """Send what the path hears, until the client says something or leaves.

    Raises:
        ConnectionError: the client left, or takes no sound and was let go.
    """
    loop = asyncio.get_running_loop()
    box: Inbox[Frame] = Inbox(f"wyoming microphone for {client}", WAITING, loop)
    tap = box.put
    speaks = asyncio.create_task(wire.begins(None), name="wyoming microphone's client")
    sending = asyncio.create_task(_send(wire, box), name="wyoming microphone")
    frames.add(tap)
    log.info("wyoming: %s hears the microphone", client)
    try:
        await asyncio.wait({speaks, sending}, return_when=asyncio.FIRST_COMPLETED)
        box.close()
        if speaks.done():
            speaks.result()
            await sending
        sending.result()
    except TimeoutError as exc:
        wire.abort()
        raise ConnectionAbortedError(f"{client} takes no sound") from exc
    finally:
        frames.remove(tap)
        for task in (speaks, sending):
            task.cancel()
        await asyncio.gather(speaks, sending, return_exceptions=True)
        log.info("wyoming: %s hears the microphone no more, %d frames came too late", client, box.dropped)


async def _send(wire: Wire, box: Inbox[Frame]) -> None:
    await wire.write(AudioStart(**FORM, timestamp=0))
    async for frame in box:
        audio = frame.pcm.astype("<i2").tobytes()
        await wire.write(AudioChunk(**FORM, audio=audio, timestamp=frame.start * 1000 // SAMPLE_RATE))
    with suppress(ConnectionError):  # it left
        await wire.write(AudioStop())

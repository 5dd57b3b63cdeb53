"""sherpa-onnx clients: one that streams its microphone, one that sends a file."""

import asyncio
import json
import struct
from contextlib import suppress
from typing import Any

import numpy as np

from edged.geometry import SAMPLE_RATE
from edged.serve.clients.visit import Door, Spoken, paced
from edged.serve.clients.websocket import Socket, connected
from edged.stages.recognize.recognizer import Pcm

PIECE = 10_240
"""Bytes of a message of a file, as sherpa-onnx's example client sends."""


def floats(pcm: Pcm) -> bytes:
    """Return samples as sherpa-onnx's clients send them."""
    return (pcm.astype(np.float32) / 32768).astype("<f4").tobytes()


async def streaming(door: Door, spoken: Spoken) -> str:
    """Speak; return the text of all segments."""
    async with connected(door, "sherpa") as socket:
        speaking = asyncio.create_task(_say(socket, spoken))
        segments: dict[int, str] = {}
        try:
            while (said := await socket.read()) != "Done!":
                answer: dict[str, Any] = json.loads(said)
                segments[answer["segment"]] = answer["text"]
        finally:
            speaking.cancel()
    return " ".join(filter(None, segments.values()))


async def offline(door: Door, spoken: Spoken) -> str:
    """Send a file as fast as it goes; return its text."""
    async with connected(door, "sherpa_files") as socket:
        sound = floats(spoken.command)
        data = struct.pack("<ii", SAMPLE_RATE, len(sound)) + sound
        for at in range(0, len(data), PIECE):
            await socket.say(data[at : at + PIECE])
        answer: dict[str, Any] = json.loads(await socket.read())
        await socket.say("Done")
        return answer["text"]


async def _say(socket: Socket, spoken: Spoken) -> None:
    with suppress(ConnectionError):  # whoever reads is told why
        await paced(spoken.command, lambda piece: socket.say(floats(piece)))
        await socket.say("Done")

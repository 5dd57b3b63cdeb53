"""FunASR clients: offline with a recording, online and 2pass with a microphone."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from edged.serve.clients.visit import Door, Refused, Spoken, paced
from edged.serve.clients.websocket import Socket, connected

PIECE = 65_536
"""Bytes of a message of a recording, as FunASR's Python client sends."""


async def offline(door: Door, spoken: Spoken) -> str:
    """Send a recording as fast as it goes; return its text."""
    async with connected(door, "funasr", ("binary",)) as socket:
        await socket.say(_first("offline"))
        sound = spoken.command.tobytes()
        for at in range(0, len(sound), PIECE):
            await socket.say(sound[at : at + PIECE])
        await socket.say({"is_speaking": False})
        return (await _result(socket))["text"]


async def online(door: Door, spoken: Spoken) -> str:
    """Speak; return the text, which came piece by piece."""
    return "".join(said["text"] for said in await _spoken(door, spoken, "online"))


async def two_pass(door: Door, spoken: Spoken) -> str:
    """Speak; return the text of the second pass."""
    answers = await _spoken(door, spoken, "2pass")
    return " ".join(said["text"] for said in answers if said["mode"] == "2pass-offline" and said["text"])


async def _spoken(door: Door, spoken: Spoken, mode: str) -> list[dict[str, Any]]:
    async with connected(door, "funasr", ("binary",)) as socket:
        await socket.say(_first(mode))
        speaking = asyncio.create_task(_say(socket, spoken))
        answers: list[dict[str, Any]] = []
        try:
            while not (answers and answers[-1]["is_final"]):
                answers.append(await _result(socket))
        finally:
            speaking.cancel()
        return answers


async def _say(socket: Socket, spoken: Spoken) -> None:
    with suppress(ConnectionError):  # whoever reads is told why
        await paced(spoken.command, lambda piece: socket.say(piece.tobytes()))
        await socket.say({"is_speaking": False})


async def _result(socket: Socket) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await socket.read())
    if answer.get("error"):
        raise Refused(answer["error"])
    return answer


def _first(mode: str) -> dict[str, Any]:
    form = {"wav_name": "bench", "wav_format": "pcm", "audio_fs": 16_000}
    return {"mode": mode, "chunk_size": [5, 10, 5], "chunk_interval": 10, "is_speaking": True, **form}

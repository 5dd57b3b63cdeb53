"""Satellites that stream all day: sound at its pace, a detection now and then, and how late either is."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
from wyoming.audio import AudioStart
from wyoming.wake import Detect, Detection

from edged.geometry import SAMPLE_RATE
from edged.serve.clients.visit import PIECE, Door, Refused
from edged.serve.clients.wyoming import FORM, Connection, chunk, connected, packed
from edged.stages.recognize.recognizer import Pcm


@dataclass
class Watched:
    """What one satellite saw."""

    detections: int = 0
    late_s: list[float] = field(default_factory=list[float])
    """How much later than due each piece of sound was taken, seconds."""
    refused: str = ""
    """Why it was not let in, or thrown out."""


def watch(door: Door, loop: Pcm, streams: int, seconds: float) -> list[Watched]:
    """Let so many satellites stream for so long, each at another place of the same loop of sound."""
    return asyncio.run(_watch(door, loop, streams, seconds))


async def _watch(door: Door, loop: Pcm, streams: int, seconds: float) -> list[Watched]:
    whole = np.resize(loop, -(-len(loop) // PIECE) * PIECE)
    pieces = [chunk(whole[at : at + PIECE]) for at in range(0, len(whole), PIECE)]
    seen = [Watched() for _ in range(streams)]
    await asyncio.gather(
        *(_stream(door, pieces, number / streams, seconds, seen[number]) for number in range(streams))
    )
    return seen


async def _stream(door: Door, pieces: list[bytes], phase: float, seconds: float, seen: Watched) -> None:
    try:
        async with connected(door) as connection:
            await connection.send(packed(Detect()) + packed(AudioStart(**FORM)))
            listening = asyncio.create_task(_listen(connection, seen))
            try:
                await _play(connection, pieces, phase, seconds, seen)
            except ConnectionError as exc:
                await asyncio.wait([listening], timeout=1.0)  # it may have been told why
                seen.refused = seen.refused or str(exc)
            finally:
                listening.cancel()
    except OSError as exc:
        seen.refused = str(exc)


async def _play(
    connection: Connection, pieces: list[bytes], phase: float, seconds: float, seen: Watched
) -> None:
    clock = asyncio.get_running_loop().time
    step_s = PIECE / SAMPLE_RATE
    await asyncio.sleep(phase * step_s)  # satellites keep no common step
    first, began = round(phase * len(pieces)), clock()
    for number in range(round(seconds / step_s)):
        due = began + number * step_s
        await asyncio.sleep(due - clock())
        if seen.refused:
            return
        await connection.send(pieces[(first + number) % len(pieces)])
        seen.late_s.append(clock() - due)


async def _listen(connection: Connection, seen: Watched) -> None:
    try:
        while True:
            if Detection.is_type((await connection.read()).type):
                seen.detections += 1
    except Refused as exc:
        seen.refused = str(exc)
    except ConnectionError:
        return

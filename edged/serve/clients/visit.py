"""One visit of a client: what it brings, how fast, and what may become of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edged.geometry import SAMPLE_RATE
from edged.stages.recognize.recognizer import Pcm

PIECE = 1024
"""Samples of a message: 64 ms, as wyoming-satellite sends them."""


class Outcome(StrEnum):
    """What became of a visit."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """In words of the protocol."""
    WRONG = "wrong"
    """Another text, or no detection."""
    HUNG = "hung"
    """No answer in time."""
    BROKEN = "broken"
    """Cut off without a word."""


class Refused(Exception):
    """There was no room, as the client was told; the sentence is what it read."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said."""

    wake: Pcm
    """With a wake word in it; shape (n,), int16, 16 kHz."""
    command: Pcm
    """What is to become text; the same form."""
    text: str | None = None
    """Its text; None: whatever comes is right."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the front ends listen, on this machine."""

    ports: Mapping[str, int]
    """By name: `wyoming`, `funasr`, `sherpa`, `sherpa_files`, `openai`."""
    host: str = "127.0.0.1"


Visit = Callable[[Door, Spoken], Awaitable[str]]
"""Comes, asks, and returns the text that it was answered; raises Refused, or what broke."""


async def paced(pcm: Pcm, send: Callable[[Pcm], Awaitable[object]], speed: float = 1.0) -> None:
    """Send sound piece by piece as a microphone has it.

    speed: times real time.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    for at in range(0, len(pcm), PIECE):
        await asyncio.sleep(began + at / SAMPLE_RATE / speed - clock())
        await send(pcm[at : at + PIECE])

"""Hops gathered to messages: waking a process costs more than what it then does with one hop."""

from collections.abc import Mapping

from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.recognize.recognizer import Pcm

BATCH: Mapping[str, int] = {"streaming": 5 * HOP, "offline": 5 * SAMPLE_RATE}
"""Samples per message, by mode. Waking the process and reading a message costs about 0.15 ms of both. A
streaming model gets 400 ms: as late as a partial may be, and the most that is left to decode when the command
ends. An offline one waits for the end anyway: it gets about what a socket holds (160 kB)."""


class Gathering:
    """Audio of one utterance on its way to a message; of one thread."""

    def __init__(self, batch: int) -> None:
        self._enough = 2 * batch
        self._bytes = bytearray()

    def add(self, pcm: Pcm) -> bool:
        """Keep a copy of `pcm`; True if there is enough for a message."""
        self._bytes += pcm.astype("<i2", copy=False).tobytes()
        return len(self._bytes) >= self._enough

    def take(self) -> bytes:
        """Return all of it, int16 little-endian, and begin again."""
        data = bytes(self._bytes)
        self._bytes.clear()
        return data

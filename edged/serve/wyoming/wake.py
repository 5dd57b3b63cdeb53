"""One request to listen for wake words: `detect`, and from then on every stretch of sound."""

import asyncio
import logging
from collections.abc import Mapping

from wyoming.wake import Detection, NotDetected

from edged.errors import EdgedError
from edged.geometry import SAMPLE_RATE
from edged.messages import Activation
from edged.serve.reception import Reception
from edged.serve.stream import Stream, StreamFailed
from edged.serve.wyoming.wire import Wire
from edged.stages.recognize.recognizer import Pcm

log = logging.getLogger(__name__)

LATE_S = 3.0
"""Seconds behind the clock after which sound is left out where the ears are late; two of them may wait."""


class WakeRound:
    """Lasts until the client asks for something else or leaves; each `audio-start` begins afresh."""

    def __init__(self, names: Mapping[str, str], wire: Wire, reception: Reception, client: str) -> None:
        """`names`: what to answer, by configured word."""
        self._names = names
        self._wire = wire
        self._reception = reception
        self._client = client
        self._stream: Stream | None = None
        self._speaking: asyncio.Task[int] | None = None
        self._began = 0.0
        self._samples = 0

    async def begin(self) -> None:
        """Sound follows.

        Raises:
            Busy: too much is going on.
            EdgedError: the models cannot serve.
        """
        self.close()
        self._stream = await self._reception.watch("wyoming", self._client, tuple(self._names))
        self._began, self._samples = asyncio.get_running_loop().time(), 0
        self._speaking = asyncio.create_task(self._speak(self._stream), name="wyoming detections")

    async def hear(self, pcm: Pcm) -> None:
        """More sound.

        Raises:
            EdgedError: the stream broke.
        """
        if self._stream is None or self._speaking is None:
            return
        if self._speaking.done():
            raise self._speaking.exception() or EdgedError("the stream is over")
        self._samples += len(pcm)
        behind_s = asyncio.get_running_loop().time() - self._began - self._samples / SAMPLE_RATE
        # who is behind the clock speaks now: of its sound, and not of a recording's, what waits is too late
        await self._stream.put(pcm, live=behind_s > LATE_S)

    async def finish(self) -> bool:
        """The sound is over; return True: more may follow.

        Raises:
            EdgedError: the stream broke.
        """
        if self._stream is None or self._speaking is None:
            return True
        self._stream.end()
        speaking, self._stream, self._speaking = self._speaking, None, None
        if await speaking == 0:
            await self._wire.write(NotDetected())
        return True

    def close(self) -> None:
        """The client left, or begins anew."""
        if self._stream is not None:
            self._stream.close()
        if self._speaking is not None:
            self._speaking.cancel()
        self._stream = self._speaking = None

    async def _speak(self, stream: Stream) -> int:
        """Send detections as they come; return how many there were."""
        count = 0
        try:
            async for sample, body in stream.timed():
                if isinstance(body, Activation):
                    count += 1
                    milliseconds = sample * 1000 // SAMPLE_RATE
                    name = self._names.get(body.word, body.word)
                    await self._wire.write(Detection(name=name, timestamp=milliseconds))
        except StreamFailed:
            raise
        except (ConnectionError, TimeoutError) as exc:
            log.info("wyoming: %s takes no detections (%s)", self._client, exc or type(exc).__name__)
            self._wire.abort()
        return count

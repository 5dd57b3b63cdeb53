"""One request for a text: `transcribe`, sound, and the transcript as soon as the speaker is done."""

import asyncio
import logging

from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.error import Error

from edged.geometry import SAMPLE_RATE
from edged.messages import Final, Lost, Partial
from edged.serve.reception import Reception
from edged.serve.stable import Stable
from edged.serve.stream import Stream, StreamFailed
from edged.serve.wyoming.wire import Wire
from edged.stages.listen.endpoint import PRESETS
from edged.stages.recognize.recognizer import Hotword, Options, Pcm

log = logging.getLogger(__name__)

AHEAD_S = 1.0
"""Seconds of sound that a live microphone may be ahead of the clock; a recording is further."""


class AsrRound:
    """From `transcribe` to the end of the connection: one request, then the client is let go."""

    def __init__(self, request: Transcribe, wire: Wire, reception: Reception, client: str) -> None:
        self._request = request
        self._wire = wire
        self._reception = reception
        self._client = client
        self._stream: Stream | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._began = 0.0
        self._samples = 0

    async def begin(self) -> None:
        """Sound follows; begun twice, it goes on: perhaps in another form.

        Raises:
            Busy: too much is going on.
            EdgedError: there is no recognizer, or not for this request.
        """
        if self._stream is not None:
            return
        sensitivity = self._request.vad_sensitivity
        silence = str(getattr(sensitivity, "value", sensitivity) or "")
        self._stream = await self._reception.dictate(
            "wyoming", self._client, self._options, silence if silence in PRESETS else None, self._silent
        )
        self._began = asyncio.get_running_loop().time()
        self._speaking = asyncio.create_task(self._speak(self._stream), name="wyoming transcript")

    async def hear(self, pcm: Pcm) -> None:
        """More sound; what comes after the endpoint is nobody's."""
        if self._stream is not None:
            self._samples += len(pcm)
            await self._stream.put(pcm)

    async def finish(self) -> bool:
        """No more sound; return False: the client has what it wanted."""
        if self._stream is None or self._speaking is None:
            await self._wire.write(Transcript(text="", language=self._request.language))
        else:
            self._stream.end()
            await self._speaking
        return False

    def close(self) -> None:
        """The client left."""
        if self._stream is not None:
            self._stream.close()
        if self._speaking is not None:
            self._speaking.cancel()

    @property
    def _options(self) -> Options:
        names = [*(self._request.transcript_names or ()), *(self._request.transcript_terms or ())]
        return Options(
            partials=True,
            hotwords=tuple(Hotword(str(name), None) for name in names),
            language=self._request.language or "",
        )

    def _silent(self) -> None:
        """The speaker is done. Who sends a recording faster than it was spoken wants all of it."""
        elapsed_s = asyncio.get_running_loop().time() - self._began
        live = self._samples / SAMPLE_RATE - elapsed_s < AHEAD_S
        if self._stream is not None and (live or self._request.vad_sensitivity is not None):
            self._stream.end()

    async def _speak(self, stream: Stream) -> None:
        """Send what is understood, then close the connection."""
        try:
            await self._transcript(stream)
        except StreamFailed as exc:
            await self._wire.write(Error(text=str(exc), code="failed"))
        except (ConnectionError, TimeoutError) as exc:
            log.info("wyoming: %s left before its transcript (%s)", self._client, exc or type(exc).__name__)
            stream.close()
        finally:
            self._wire.say_no_more()

    async def _transcript(self, stream: Stream) -> None:
        texts: list[str] = []
        lost: list[str] = []
        chunks = _Chunks(self._wire, self._request.language)
        async for utterance, body in stream.bodies():
            match body:
                case Partial(text=text):
                    await chunks.grow(utterance, text)
                case Final(text=text):
                    await chunks.end(utterance, text)
                    texts.append(text)
                case Lost(reason=reason):
                    lost.append(reason)
                case _:
                    continue
        if lost and not texts:
            await self._wire.write(Error(text=lost[0], code="lost"))
            return
        text = " ".join(filter(None, texts))
        await self._wire.write(Transcript(text=text, language=self._request.language))
        if chunks.started:
            await self._wire.write(TranscriptStop())


class _Chunks:
    """The transcript as it grows: chunks can only be appended, one utterance after the other."""

    def __init__(self, wire: Wire, language: str | None) -> None:
        self.started = False
        self._wire = wire
        self._language = language
        self._stable = Stable()
        self._utterance: int | None = None
        self._between = ""

    async def grow(self, utterance: int | None, text: str) -> None:
        """An utterance is this far; one that began before the last has its text must wait."""
        if self._utterance in (None, utterance):
            self._utterance = utterance
            await self._send(self._stable.update(text))

    async def end(self, utterance: int | None, text: str) -> None:
        """An utterance is complete."""
        stable = self._stable if utterance == self._utterance else Stable()
        await self._send(stable.finish(text))
        self._stable, self._utterance = Stable(), None
        self._between = " " if self.started else ""

    async def _send(self, delta: str) -> None:
        if not delta:
            return
        if not self.started:
            self.started = True
            await self._wire.write(TranscriptStart(language=self._language))
        text, self._between = self._between + delta, ""
        await self._wire.write(TranscriptChunk(text=text))

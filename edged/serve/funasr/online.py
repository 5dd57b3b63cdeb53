"""A round in which text comes while the sound does: `online`, and `2pass`, which says each sentence again."""

import asyncio
from dataclasses import dataclass, field

from edged.errors import EdgedError
from edged.geometry import SAMPLE_RATE
from edged.messages import Body, Final, Listening, Lost, Partial, Word
from edged.serve.funasr import replies
from edged.serve.funasr.asked import Asked
from edged.serve.reception import Reception
from edged.serve.samples import Samples
from edged.serve.stable import Stable
from edged.serve.stream import Stream
from edged.serve.websocket import Gone, WebSocket

RIFF_HEADER = 44
"""Bytes of the header that pages leave before their samples."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One that is complete."""

    text: str
    words: tuple[Word, ...]
    offset_s: float


@dataclass(frozen=True, slots=True)
class _Begun:
    """One that is being said, or waits for its text."""

    offset_s: float
    stable: Stable = field(default_factory=Stable)


class OnlineRound:
    """Hears one stretch of sound, from its first message to `is_speaking: false`."""

    def __init__(self, socket: WebSocket, reception: Reception, client: str) -> None:
        self._socket = socket
        self._reception = reception
        self._client = client
        self._stream: Stream | None = None
        self._samples: Samples | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._over = False
        self._held: _Sentence | None = None  # once no more sound comes: the last sentence is told as such
        self._lost: list[str] = []

    async def hear(self, data: bytes, asked: Asked) -> None:
        """More sound.

        Raises:
            EdgedError: it cannot be heard; the sentence is for the client.
            Busy: too much is going on.
        """
        if self._stream is None:
            if asked.form != "pcm":
                raise EdgedError(
                    f"{asked.mode} takes samples (wav_format pcm) and no {asked.form!r:.20} files"
                )
            self._samples = Samples(asked.rate)
            self._stream = await self._reception.dictate("funasr", self._client, asked.options)
            self._speaking = asyncio.create_task(self._speak(self._stream, asked), name="funasr answers")
            if data[:4] == b"RIFF":
                data = data[RIFF_HEADER:]
        assert self._samples is not None
        await self._stream.put(self._samples.push(data))

    async def finish(self, asked: Asked) -> None:
        """No more sound comes: say what is left, and the one word that is final.

        Raises:
            EdgedError: a sentence has no text; the sentence is for the client.
            Gone: the client left.
        """
        if self._stream is None or self._samples is None or self._speaking is None:
            await self._socket.send(replies.sentence(asked.mode, asked.name, "", (), 0.0, final=True))
            return
        self._over = True
        await self._stream.put(self._samples.finish())
        self._stream.end()
        await self._speaking
        held = self._held or _Sentence("", (), 0.0)
        await self._say(held, asked, final=True)
        if self._lost:
            raise EdgedError(self._lost[0])

    def close(self) -> None:
        """The client left."""
        if self._stream is not None:
            self._stream.close()
        if self._speaking is not None:
            self._speaking.cancel()

    async def _speak(self, stream: Stream, asked: Asked) -> None:
        """Send what is understood while it is said; a sentence may begin before the last has its text."""
        begun: dict[int | None, _Begun] = {}
        try:
            async for utterance, body in stream.bodies():
                if isinstance(body, Listening):
                    begun[utterance] = _Begun(body.start_sample / SAMPLE_RATE)
                elif utterance in begun:
                    await self._tell(body, begun[utterance], asked)
                    if isinstance(body, Final | Lost):
                        del begun[utterance]
        except Gone:
            stream.close()
            raise

    async def _tell(self, body: Body, begun: _Begun, asked: Asked) -> None:
        match body:
            case Partial(text):
                if delta := begun.stable.update(text):
                    await self._socket.send(replies.partial(asked.mode, asked.name, delta))
            case Final(text=text, words=words):
                rest = text if asked.mode == "2pass" else begun.stable.finish(text)
                await self._complete(_Sentence(rest, words, begun.offset_s), asked)
            case Lost(reason=reason):
                self._lost.append(reason)
            case _:
                return

    async def _complete(self, sentence: _Sentence, asked: Asked) -> None:
        """Say a sentence, the one before it where the last must wait."""
        if self._over:
            sentence, self._held = self._held or _Sentence("", (), 0.0), sentence
            if not sentence.text:
                return
        await self._say(sentence, asked, final=False)

    async def _say(self, sentence: _Sentence, asked: Asked, final: bool) -> None:
        said = replies.sentence(
            asked.mode, asked.name, sentence.text, sentence.words, sentence.offset_s, final
        )
        await self._socket.send(said)

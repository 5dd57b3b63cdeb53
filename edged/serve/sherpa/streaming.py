"""One client that streams: text of the segment so far with each answer, a new segment after each silence."""

import asyncio
from typing import Any

from aiohttp import WSCloseCode

from edged.errors import EdgedError
from edged.geometry import SAMPLE_RATE
from edged.messages import Final, Listening, Lost, Partial, Word
from edged.serve.sherpa.floats import NotFloats, to_int16
from edged.serve.stream import Stream, StreamFailed
from edged.serve.websocket import Gone, Hung, WebSocket

DONE = "Done"
SAID_ALL = "Done!"


class Streaming:
    """One connection."""

    def __init__(self, socket: WebSocket, stream: Stream) -> None:
        self._socket = socket
        self._stream = stream
        self._last: dict[str, Any] = answer("", 0, (), 0.0, final=False)

    async def run(self) -> None:
        """Serve it to its end."""
        speaking = asyncio.create_task(self._speak(), name="sherpa answers")
        try:
            if await self._listen():
                await speaking
                await self._socket.send(self._last | {"is_final": True, "is_eof": True})
                await self._socket.send(SAID_ALL)
            await self._socket.close()
        except NotFloats as exc:
            await self._socket.close(WSCloseCode.UNSUPPORTED_DATA, str(exc))
        except Hung as exc:
            await self._socket.close(WSCloseCode.OK, str(exc))
        except Gone:
            return
        except (StreamFailed, EdgedError) as exc:
            await self._socket.close(WSCloseCode.INTERNAL_ERROR, str(exc))
        finally:
            self._stream.close()
            speaking.cancel()

    async def _listen(self) -> bool:
        """Hear until the client is done; False where it left before."""
        first = True
        while (message := await self._socket.receive()) is not None:
            if isinstance(message, bytes):
                await self._stream.put(to_int16(message, first))
                first = False
            elif message.strip() == DONE:
                self._stream.end()
                return True
            else:
                raise NotFloats(f"{message!r:.40} is neither float32 samples nor {DONE!r}")
        return False

    async def _speak(self) -> None:
        """Answer as text comes. The next segment may begin before the last has its text."""
        starts_s: dict[int | None, float] = {}
        segment = 0
        async for utterance, body in self._stream.bodies():
            match body:
                case Listening(start_sample=start):
                    starts_s[utterance] = start / SAMPLE_RATE
                case Partial(text=text):
                    if utterance == next(iter(starts_s), None):  # a client sees one segment after the other
                        await self._say(answer(text, segment, (), starts_s[utterance], final=False))
                case Final(text=text, words=words):
                    await self._say(answer(text, segment, words, starts_s.pop(utterance, 0.0), final=True))
                    segment += 1
                case Lost(reason=reason):
                    raise StreamFailed(reason)
                case _:
                    continue

    async def _say(self, said: dict[str, Any]) -> None:
        self._last = said
        await self._socket.send(said)


def answer(text: str, segment: int, words: tuple[Word, ...], start_s: float, final: bool) -> dict[str, Any]:
    """Return what sherpa-onnx's server answers; what the model does not tell is left empty.

    Args:
        text: of the segment so far.
        segment: counts from 0.
        words: with seconds from the segment's first sample.
        start_s: where that is in the client's sound, seconds.
        final: the segment is complete.
    """
    return {
        "text": text,
        "tokens": [word.text for word in words],
        "timestamps": [round(word.start, 3) for word in words],
        "ys_probs": [],
        "lm_probs": [],
        "context_scores": [],
        "segment": segment,
        "words": [],
        "start_time": round(start_s, 3),
        "is_final": final,
        "is_eof": False,
    }

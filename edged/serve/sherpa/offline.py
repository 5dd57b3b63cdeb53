"""One client that sends whole files: rate, length and samples; an answer for each."""

import struct
from typing import Any

from aiohttp import WSCloseCode

from edged.errors import EdgedError
from edged.runtime.transcribe.document import Document
from edged.serve.admission import Busy
from edged.serve.recordings import Recordings, TooLarge, Upload
from edged.serve.sherpa.floats import NotFloats, to_int16
from edged.serve.websocket import Gone, Hung, WebSocket
from edged.stages.audio.recording import Raw
from edged.stages.recognize.recognizer import Options

HEAD = struct.Struct("<ii")
"""Samples per second, and bytes of the samples that follow."""

DONE = "Done"


class Offline:
    """One connection."""

    def __init__(self, socket: WebSocket, recordings: Recordings, client: str) -> None:
        self._socket = socket
        self._recordings = recordings
        self._client = client
        self._upload: Upload | None = None

    async def run(self) -> None:
        """Serve it to its end."""
        try:
            while (message := await self._socket.receive()) is not None:
                if isinstance(message, str):
                    break  # `Done`: whatever else it may be, no file follows
                await self._file(message)
            await self._socket.close(reason=DONE)
        except Busy as exc:
            await self._socket.close(WSCloseCode.TRY_AGAIN_LATER, str(exc))
        except TooLarge as exc:
            await self._socket.close(WSCloseCode.MESSAGE_TOO_BIG, str(exc))
        except NotFloats as exc:
            await self._socket.close(WSCloseCode.OK, str(exc))
        except Hung as exc:
            await self._socket.close(WSCloseCode.OK, str(exc))
        except Gone:
            return
        except EdgedError as exc:
            await self._socket.close(WSCloseCode.INTERNAL_ERROR, str(exc))
        finally:
            if self._upload is not None:
                self._upload.close()

    async def _file(self, message: bytes) -> None:
        """Take a file, whose first message this is, and answer."""
        if len(message) < HEAD.size:
            raise NotFloats("Payload is too short")
        rate, size = HEAD.unpack_from(message)
        if size < 0 or size % 4:
            raise NotFloats(f"{size} bytes are no float32 samples")
        if size // 2 > self._recordings.most:
            raise TooLarge(f"the recording is larger than {self._recordings.most // 10**6} MB")
        raw = Raw(rate)
        self._upload = upload = self._recordings.upload()
        left = size - await self._take(message[HEAD.size :], size)
        while left:
            more = await self._socket.receive()
            if not isinstance(more, bytes):
                raise Gone("left in the middle of a file")
            left -= await self._take(more, left)
        recognition = self._recordings.recognize(
            upload, self._client, Options(partials=False), "the recording", raw
        )
        self._upload = None
        try:
            await self._socket.send(answer(await recognition.whole()))
        finally:
            recognition.close()

    async def _take(self, data: bytes, left: int) -> int:
        """Keep samples of one message; return how many bytes that was."""
        assert self._upload is not None
        if len(data) > left:
            raise NotFloats(f"{len(data) - left} bytes more came than were announced")
        await self._upload.write(to_int16(data).tobytes())
        return len(data)


def answer(document: Document) -> dict[str, Any]:
    """Return what sherpa-onnx's server answers; what the model does not tell is left empty."""
    words = [word for passage in document.passages for word in passage.words]
    return {
        "lang": "",
        "emotion": "",
        "event": "",
        "text": document.text,
        "timestamps": [word.start for word in words],
        "durations": [round(word.end - word.start, 3) for word in words],
        "tokens": [word.text for word in words],
        "ys_log_probs": [],
        "words": [],
    }

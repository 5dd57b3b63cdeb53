"""A round in which a whole recording is sent and then recognized."""

from edged.serve.funasr import replies
from edged.serve.funasr.asked import Asked
from edged.serve.recordings import Recordings, Upload
from edged.serve.websocket import WebSocket
from edged.stages.audio.recording import Raw


class OfflineRound:
    """Takes sound to disk as it comes."""

    def __init__(self, socket: WebSocket, recordings: Recordings, client: str) -> None:
        self._socket = socket
        self._recordings = recordings
        self._client = client
        self._upload: Upload | None = None
        self._head = b""

    async def hear(self, data: bytes, asked: Asked) -> None:
        """More of the recording.

        Raises:
            TooLarge: it is larger than recordings may be.
            EdgedError: there is no place for it.
        """
        if self._upload is None:
            self._upload = self._recordings.upload()
        self._head = (self._head + data[:4])[:4]
        await self._upload.write(data)

    async def finish(self, asked: Asked) -> None:
        """Recognize what came, and answer once: clients go on with their next file then.

        Raises:
            EdgedError: there is no text; the sentence is for the client.
            Gone: the client left.
        """
        upload, self._upload = self._upload, None
        if upload is None or not upload.size:
            await self._socket.send(replies.sentence("offline", asked.name, "", (), 0.0, final=True))
            return
        # pages send a WAV file's bytes as "pcm": its header is no sound
        is_samples = asked.form == "pcm" and self._head != b"RIFF"
        self._head = b""
        raw = Raw(asked.rate) if is_samples else None
        try:
            recognition = self._recordings.recognize(upload, self._client, asked.options, asked.name, raw)
        finally:
            upload.close()
        try:
            document = await recognition.whole()
        finally:
            recognition.close()
        answer = replies.sentence("offline", asked.name, document.text, (), 0.0, final=True)
        stamps = replies.times([(each.text, each.words, 0.0) for each in document.passages])
        await self._socket.send(answer | stamps)

    def close(self) -> None:
        """The client left."""
        if self._upload is not None:
            self._upload.close()

"""Whole recordings of clients: written to disk as they arrive, recognized by the jobs, told as passages."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from edged.errors import EdgedError
from edged.runtime.jobs.job import Busy as QueueFull
from edged.runtime.jobs.job import Done, Failed, Heard, Job, Kind, Ticket, Update
from edged.runtime.jobs.pool import Pool
from edged.runtime.jobs.spool import Spool
from edged.runtime.mailbox import Closed
from edged.runtime.transcribe.document import Document
from edged.runtime.transcribe.passage import Passage
from edged.serve.admission import Busy
from edged.serve.inbox import Inbox
from edged.stages.audio.recording import Raw
from edged.stages.recognize.recognizer import Options

log = logging.getLogger(__name__)

DEPTH = 100_000
"""Passages that may wait for a client that reads slowly: of twelve hours in half-seconds, and no sound."""


class TooLarge(EdgedError):
    """More bytes came than a recording may have."""


class NotRecognized(EdgedError):
    """No document will come; the sentence is for the client."""

    def __init__(self, kind: Kind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind: Kind = kind


class Upload:
    """One recording on its way to disk. Closing it deletes it, unless it was handed on."""

    def __init__(self, path: Path, file: BinaryIO, most: int) -> None:
        self.size = 0
        """Bytes so far."""
        self.path = path
        self._file = file
        self._most = most
        self._handed_on = False

    async def write(self, data: bytes) -> None:
        """Add what came.

        Raises:
            TooLarge: it is more than a recording may have.
            EdgedError: the disk does not take it.
        """
        self.size += len(data)
        if self.size > self._most:
            raise TooLarge(f"the recording is larger than {self._most // 10**6} MB")
        try:
            await asyncio.to_thread(self._file.write, data)
        except OSError as exc:
            raise EdgedError(f"recordings cannot be kept ({(exc.strerror or str(exc)).lower()})") from exc

    def finish(self) -> Path:
        """Return the file, which is now the caller's. Raises EdgedError where the disk does not take it."""
        try:
            self._file.close()
        except OSError as exc:
            raise EdgedError(f"recordings cannot be kept ({(exc.strerror or str(exc)).lower()})") from exc
        self._handed_on = True
        return self.path

    def close(self) -> None:
        """Forget it."""
        with suppress(OSError):  # a full disk, which was told when it was written
            self._file.close()
        if not self._handed_on:
            self.path.unlink(missing_ok=True)


class Recognition:
    """One recording that is being recognized; used on the loop."""

    def __init__(self, pool: Pool, inbox: Inbox[Update]) -> None:
        self._pool = pool
        self._inbox = inbox
        self._ticket: Ticket | None = None
        self.document: Document | None = None
        """All of it, once `passages` is through."""

    def submit(self, job: Job) -> None:
        """Raises Busy: too many wait."""
        try:
            self._ticket = self._pool.submit(job, self._inbox.put)
        except QueueFull as exc:
            raise Busy(str(exc), exc.retry_after_s) from exc

    async def passages(self) -> AsyncIterator[Passage]:
        """Yield each passage as it is recognized, in order.

        Raises:
            NotRecognized: no document will come.
        """
        while True:
            try:
                update = await self._inbox.get()
            except Closed:
                raise NotRecognized("stopped", "edged stops") from None
            match update:
                case Heard(passage):
                    yield passage
                case Done(document):
                    self.document = document
                    self._ticket = None
                    return
                case Failed(kind, sentence):
                    self._ticket = None
                    raise NotRecognized(kind, sentence)

    async def whole(self) -> Document:
        """Wait for the document.

        Raises:
            NotRecognized: none will come.
        """
        async for _ in self.passages():
            continue
        assert self.document is not None
        return self.document

    def close(self) -> None:
        """Forget it: the client left, or has what it wanted. Closing twice is allowed."""
        if self._ticket is not None:
            self._pool.cancel(self._ticket)
            self._ticket = None
        self._inbox.close()


class Recordings:
    """What front ends give recordings to."""

    def __init__(self, pool: Pool, spool: Spool, most: int) -> None:
        """`most`: bytes of one recording."""
        self._pool = pool
        self._spool = spool
        self.most = most

    def upload(self) -> Upload:
        """Begin to take a recording. Raises SinkError where there is no place for one."""
        return Upload(*self._spool.create(), self.most)

    def recognize(
        self, upload: Upload, client: str, options: Options, name: str = "", raw: Raw | None = None
    ) -> Recognition:
        """Have an upload recognized that is complete.

        Args:
            upload: it is the jobs' from here on.
            client: whom it is counted for: clients take turns.
            options: of all its passages.
            name: what sentences call it.
            raw: how samples without a header are kept; None: a recording of any form that edged reads.

        Raises:
            Busy: too many wait; the upload is forgotten.
            EdgedError: there is no recognizer, or the disk does not take it.
        """
        loop = asyncio.get_running_loop()
        recognition = Recognition(self._pool, Inbox(f"recording of {client}", DEPTH, loop))
        path = upload.finish()
        try:
            recognition.submit(Job(path, client, raw, options, name or "the recording"))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return recognition

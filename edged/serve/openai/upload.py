"""A multipart form as it arrives: fields are kept, the recording goes to disk piece by piece."""

import asyncio

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from edged.serve.openai.fields import BadField
from edged.serve.recordings import Recordings, Upload

PIECE = 256 * 1024
MOST_FIELDS = 64
LONGEST_FIELD = 64 * 1024
"""Bytes of one field that is not the recording."""


class Form:
    """What a request brought. Closing it deletes the recording, unless it was handed on."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}
        self.upload: Upload | None = None
        self.filename = ""

    def close(self) -> None:
        """Forget the recording."""
        if self.upload is not None:
            self.upload.close()


async def read(request: web.Request, recordings: Recordings, idle_s: float) -> Form:
    """Read a form.

    Args:
        request: whose body was not read.
        recordings: take the recording.
        idle_s: seconds within which the next bytes must come.

    Raises:
        BadField: it is no such form.
        TooLarge: the recording is.
        TimeoutError: the client stopped sending.
        EdgedError: the disk does not take it.
    """
    if request.content_type != "multipart/form-data":
        raise BadField("file", "the request must be multipart/form-data with a file")
    form = Form()
    try:
        reader = await request.multipart()
        while True:
            async with asyncio.timeout(idle_s):
                part = await reader.next()
            if part is None:
                return form
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise BadField("file", "the form has a part without a name")
            await _take(form, part, part.name, recordings, idle_s)
    except (ValueError, AssertionError, RuntimeError, HttpProcessingError) as exc:  # aiohttp's for no form
        form.close()
        raise BadField("file", "the body is no multipart form") from exc
    except BaseException:
        form.close()
        raise


async def _take(form: Form, part: BodyPartReader, name: str, recordings: Recordings, idle_s: float) -> None:
    if name != "file":
        if sum(map(len, form.fields.values())) >= MOST_FIELDS:
            raise BadField(name[:80], f"the form has more than {MOST_FIELDS} fields")
        form.fields.setdefault(name[:80], []).append(await _text(part, name, idle_s))
        return
    if form.upload is not None:
        raise BadField("file", "the form has more than one file")
    form.upload, form.filename = recordings.upload(), part.filename or ""
    while True:
        async with asyncio.timeout(idle_s):
            data = await part.read_chunk(PIECE)
        if not data:
            return
        await form.upload.write(data)


async def _text(part: BodyPartReader, name: str, idle_s: float) -> str:
    value = b""
    while True:
        async with asyncio.timeout(idle_s):
            data = await part.read_chunk(PIECE)
        if not data:
            break
        value += data
        if len(value) > LONGEST_FIELD:
            raise BadField(name[:80], f"is longer than {LONGEST_FIELD} bytes")
    try:
        return value.decode()
    except UnicodeDecodeError as exc:
        raise BadField(name[:80], "is no UTF-8 text") from exc

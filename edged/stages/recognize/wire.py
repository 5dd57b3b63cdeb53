"""Messages between the daemon and the recognizer's process, as bytes.

    4 bytes, big-endian: length of the rest | one JSON object | audio only: newline, int16 little-endian

Pure: no socket here. Bytes that are no message are a `WireError`, whatever they are: the other side is
broken and must be ended.
"""

import json
from typing import Any, NoReturn, cast, get_args

from edged.stages.recognize.answers import Answer
from edged.stages.recognize.framing import Frames, WireError, framed
from edged.stages.recognize.requests import Audio, Request
from edged.stages.recognize.typed import build, fields_of

Message = Request | Answer
KINDS: dict[str, type[Message]] = {cls.KIND: cls for cls in get_args(Message)}
FIELDS = {kind: fields_of(cls) for kind, cls in KINDS.items()}
"""Types of the fields by kind, looked up once: a partial wakes the daemon and should cost it little."""
AUDIO_START = b'{"type":"audio","utterance":'
AUDIO_END = b"}\n"
DIGITS = 19
"""Most digits of an utterance's number: 63 bits, as a message of audio is read without a JSON parser."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
DECODER = json.JSONDecoder(parse_constant=_refuse)


def encode(message: Message) -> bytes:
    """Return a message as bytes.

    Raises:
        WireError: it is larger than `MAX_MESSAGE`.
    """
    if isinstance(message, Audio):
        body = b"%b%d%b%b" % (AUDIO_START, message.utterance, AUDIO_END, message.pcm)
    else:
        fields = {name: getattr(message, name) for name in FIELDS[message.KIND]}
        text = ENCODER.encode({"type": message.KIND, **fields})
        body = text.encode(errors="backslashreplace")  # half a letter, as JSON of clients may hold it
    return framed(message.KIND, body)


def decode(body: bytes) -> Message:
    """Return the message that the bytes after the length are.

    Raises:
        WireError: they are none.
    """
    if body.startswith(AUDIO_START):
        return _audio(body)
    try:
        header: Any = DECODER.decode(body.decode())
    except (ValueError, RecursionError) as exc:
        raise WireError(f"message of {len(body)} bytes is not JSON ({exc})") from exc
    if not isinstance(header, dict):
        raise WireError("message is not a JSON object")
    values = cast("dict[str, Any]", header)
    kind = values.pop("type", None)
    cls = KINDS.get(kind) if isinstance(kind, str) else None
    if cls is None or cls is Audio:
        raise WireError(f"message of unknown type {kind!r}")
    return build(cls, cls.KIND, FIELDS[cls.KIND], values)


def _audio(body: bytes) -> Audio:
    """Return a message of audio, whose header is read by hand: there are many."""
    begin = len(AUDIO_START)
    end = body.find(AUDIO_END, begin, begin + DIGITS + len(AUDIO_END))
    number = body[begin : max(begin, end)]
    if not number.isdigit():
        raise WireError(f"message 'audio' of no utterance: {body[:60]!r}")
    pcm = body[end + len(AUDIO_END) :]
    if len(pcm) % 2:
        raise WireError(f"message 'audio' with {len(pcm)} bytes of int16: an odd number")
    return Audio(int(number), pcm)


class Reader(Frames[Message]):
    """Cuts a stream of bytes into messages, however it was split on its way."""

    def __init__(self) -> None:
        super().__init__(decode)

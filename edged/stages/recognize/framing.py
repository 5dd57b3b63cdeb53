"""Messages as bytes between the daemon and its processes: each begins with its length.

    4 bytes, big-endian: length of the rest | the rest

Pure: no socket here.
"""

import struct
from collections.abc import Callable
from typing import Generic, TypeVar

from edged.errors import RecognizerDied

LENGTH = struct.Struct(">I")

MAX_MESSAGE = 256 * 1024
"""Bytes after the length: 8 s of audio, or the words of the longest utterance."""

M = TypeVar("M")


class WireError(RecognizerDied):
    """The other side sent bytes that are no message."""


def framed(kind: str, body: bytes) -> bytes:
    """Return a message with its length before it.

    Raises:
        WireError: it is larger than `MAX_MESSAGE`.
    """
    if len(body) > MAX_MESSAGE:
        raise WireError(f"message {kind!r} of {len(body)} bytes; at most {MAX_MESSAGE} fit")
    return LENGTH.pack(len(body)) + body


class Frames(Generic[M]):
    """Cuts a stream of bytes into messages, however it was split on its way."""

    def __init__(self, decode: Callable[[bytes], M]) -> None:
        """`decode`: makes a message of what follows its length, or raises WireError."""
        self._decode = decode
        self._rest = bytearray()

    @property
    def truncated(self) -> bool:
        """True in the middle of a message."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[M]:
        """Return the messages that `data` completes.

        Raises:
            WireError: a message is too large or none at all; the stream cannot be read further.
        """
        self._rest += data
        messages: list[M] = []
        start = 0
        while len(self._rest) - start >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._rest, start)
            if length > MAX_MESSAGE:
                raise WireError(f"message of {length} bytes announced; at most {MAX_MESSAGE} are allowed")
            end = start + LENGTH.size + length
            if len(self._rest) < end:
                break
            messages.append(self._decode(bytes(self._rest[start + LENGTH.size : end])))
            start = end
        del self._rest[:start]
        return messages

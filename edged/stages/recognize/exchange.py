"""One conversation with a Wyoming speech-to-text server: its languages, and the text of a sound."""

import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from edged.errors import ConfigError
from edged.geometry import SAMPLE_RATE

CONNECT_S = 3.0
"""Seconds to connect: a server of this home answers at once."""

DESCRIBE_S = 5.0
"""Seconds for it to say what it can."""

LONGEST_LINE = 64 * 1024
LONGEST_PART = 1 << 20
"""Bytes of one part of an event: a server with hundreds of models needs less."""

CHUNK_BYTES = 2 * SAMPLE_RATE // 10
"""Sound of one event, 0.1 s: what Wyoming's own clients send."""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: a path, or host and port."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if self.path:
            return f"unix://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def address(text: str) -> Address:
    """Return what `wyoming:tcp://HOST:PORT` or `wyoming:unix://PATH` means.

    Raises:
        ConfigError: neither.
    """
    kind, _, rest = text.partition(":")
    try:
        parts = urlsplit(rest)
        if kind == "wyoming" and parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc:
            return Address(path=parts.path)
        if kind == "wyoming" and parts.scheme == "tcp" and parts.hostname and parts.port and not parts.path:
            return Address(host=parts.hostname, port=parts.port)
    except ValueError:
        pass  # a port that is none, a bracket that is open: the sentence below says what is wanted
    form = "wyoming:tcp://HOST:PORT or wyoming:unix:///PATH"
    raise ConfigError(f"[recognize] remote = {text!r}: not a speech-to-text server; allowed: {form}")


class Nonsense(Exception):
    """The server does not speak Wyoming, or says what cannot be used."""


class Exchange:
    """A connection, as the file that `wyoming.event` reads and writes, with an end to its patience.

    `abandon` may be called by any thread, the rest by one.
    """

    def __init__(self, where: Address, clock: Clock = time.monotonic) -> None:
        """Connect.

        Raises:
            OSError: nobody answers there.
        """
        self._clock = clock
        self._until = 0.0
        self._held = bytearray()
        if where.path:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(CONNECT_S)
            try:
                self._socket.connect(where.path)
            except OSError:
                self._socket.close()
                raise
        else:
            self._socket = socket.create_connection((where.host, where.port), CONNECT_S)

    def abandon(self) -> None:
        """Let whoever reads or writes fail at once."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was closed already, from the other side as well

    def close(self) -> None:
        self._socket.close()

    def models(self) -> dict[str, tuple[str, ...]]:
        """Return the languages of each model that the server can use now, by its name.

        Raises:
            OSError: it does not answer in time, or closed.
            Nonsense: it says something else.
        """
        self._until = self._clock() + DESCRIBE_S
        self._say("describe")
        programs = self._await("info", DESCRIBE_S).get("asr")
        found: dict[str, tuple[str, ...]] = {}
        for program in _tables(programs):
            for model in _tables(program.get("models")):
                languages = model.get("languages")
                if model.get("installed", True) and isinstance(languages, list):
                    spoken = tuple(str(each) for each in cast("list[object]", languages))
                    found.setdefault(str(model.get("name", "")), spoken)
        return found

    def text(self, pcm: bytes, model: str, language: str, limit_s: float) -> str:
        """Return what the server understood of int16 mono at 16 kHz.

        Raises:
            OSError: it does not answer within `limit_s`, or closed.
            Nonsense: it says something else.
        """
        self._until = self._clock() + limit_s
        form = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}
        asked = {"name": model} | ({"language": language} if language else {})
        self._say("transcribe", asked)
        self._say("audio-start", form)
        for at in range(0, len(pcm), CHUNK_BYTES):
            self._say("audio-chunk", form, pcm[at : at + CHUNK_BYTES])
        self._say("audio-stop")
        text = self._await("transcript", limit_s).get("text")
        if not isinstance(text, str):
            raise Nonsense("sent a transcript without a text")
        return text.strip()

    # --- the file of wyoming.event ---

    def readline(self) -> bytes:
        """Return a line with its end."""
        seen = 0
        while (at := self._held.find(b"\n", seen)) < 0:
            seen = len(self._held)
            if seen > LONGEST_LINE:
                raise Nonsense("sent a line without an end")
            self._more()
        return self._cut(at + 1)

    def read(self, size: int) -> bytes:
        """Return this many bytes."""
        if not 0 <= size <= LONGEST_PART:
            raise Nonsense(f"sent an event of {size} bytes")
        while len(self._held) < size:
            self._more()
        return self._cut(size)

    def write(self, data: bytes) -> None:
        self._patience()
        self._socket.sendall(data)

    def writelines(self, lines: Iterable[bytes]) -> None:
        self.write(b"".join(lines))

    def flush(self) -> None:
        """Nothing is kept back."""

    def _cut(self, size: int) -> bytes:
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def _more(self) -> None:
        self._patience()
        data = self._socket.recv(LONGEST_LINE)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        self._held += data

    def _patience(self) -> None:
        rest_s = self._until - self._clock()
        if rest_s <= 0:
            raise TimeoutError
        self._socket.settimeout(rest_s)

    def _say(self, kind: str, data: dict[str, Any] | None = None, payload: bytes | None = None) -> None:
        from wyoming.event import Event, write_event

        write: Any = write_event
        write(Event(kind, data or {}, payload), self)

    def _await(self, kind: str, limit_s: float) -> dict[str, Any]:
        """Read events until one of a kind; return its data."""
        from wyoming.event import read_event

        read: Any = read_event
        while True:
            try:
                event = read(self)
            except TimeoutError as exc:
                raise TimeoutError(f"no answer within {limit_s:g} s") from exc
            except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as exc:
                raise Nonsense("sent an event that is none") from exc
            if event is None or not isinstance(event.data, dict):
                raise Nonsense("sent an event that is none")
            data = cast("dict[str, Any]", event.data)
            if event.type == kind:
                return data
            if event.type == "error":
                raise Nonsense(f"sent the error {str(data.get('text'))[:200]!r}")


def _tables(value: object) -> list[dict[str, Any]]:
    """Return the tables of a list that another machine sent."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]

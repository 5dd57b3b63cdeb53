"""Prometheus' endpoint: HTTP on one thread, for a handful of readers at a time, however slow they are.

prometheus-client's own server starts a thread for each request, without bound: a client that never ends its
request would hold one for months.
"""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from edged.bell import Bell
from edged.errors import SinkError
from edged.telemetry.metrics import CONTENT_TYPE

READERS = 8
"""Connections at a time; more wait in the kernel's queue until one ends."""

PATIENCE_S = 5.0
"""Seconds a reader gets from the first byte of its request to the last of the answer."""

LONGEST_REQUEST = 8192
"""Bytes; Prometheus sends a few hundred."""

WAIT_S = 1.0
"""Longest wait of one step."""


@dataclass(slots=True)
class _Reader:
    """One connection."""

    sock: socket.socket
    until: float
    asked: bytearray = field(default_factory=bytearray)
    answer: bytearray = field(default_factory=bytearray)


class Endpoint:
    """Answers GET /metrics with what `text` returns."""

    def __init__(
        self, host: str, port: int, text: Callable[[], bytes], patience_s: float = PATIENCE_S
    ) -> None:
        """Listen at once; answer in `step`.

        Raises:
            SinkError: the address cannot be had.
        """
        self._text = text
        self._patience_s = patience_s
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            self._listener = socket.create_server((host, port), family=family, backlog=READERS)
        except OSError as exc:
            raise SinkError(f"metrics: cannot listen on {host}:{port}: {exc.strerror or exc}") from exc
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._readers: dict[socket.socket, _Reader] = {}
        self._bell = Bell()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._closed = False

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    def step(self) -> bool:
        """Serve what is ready, wait for at most a second; False once it was told to stop."""
        for key, _ in self._selector.select(self._wait_s()):
            sock = key.fileobj
            if sock is self._listener:
                self._accept()
            elif isinstance(sock, socket.socket) and sock in self._readers:
                self._serve(self._readers[sock])
        now = time.monotonic()
        for reader in [reader for reader in self._readers.values() if reader.until <= now]:
            self._drop(reader)
        return not self._closed

    def tell_to_stop(self) -> None:
        """End the present step soon; from any thread."""
        self._closed = True
        self._bell.ring()

    def close(self) -> None:
        """Let go of everything; no step may be running."""
        for reader in list(self._readers.values()):
            self._drop(reader)
        self._selector.close()
        self._listener.close()
        self._bell.close()

    def _wait_s(self) -> float:
        soonest = min((reader.until for reader in self._readers.values()), default=float("inf"))
        return max(0.0, min(WAIT_S, soonest - time.monotonic()))

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:  # it left before it was let in
            return
        sock.setblocking(False)
        self._readers[sock] = _Reader(sock, time.monotonic() + self._patience_s)
        self._selector.register(sock, selectors.EVENT_READ)
        if len(self._readers) == READERS:
            self._selector.unregister(self._listener)

    def _drop(self, reader: _Reader) -> None:
        self._selector.unregister(reader.sock)
        reader.sock.close()
        del self._readers[reader.sock]
        if len(self._readers) == READERS - 1:
            self._selector.register(self._listener, selectors.EVENT_READ)

    def _serve(self, reader: _Reader) -> None:
        try:
            ended = self._write(reader) if reader.answer else self._read(reader)
        except BlockingIOError:
            return
        except OSError:  # it left
            ended = True
        if ended:
            self._drop(reader)

    def _read(self, reader: _Reader) -> bool:
        more = reader.sock.recv(LONGEST_REQUEST)
        reader.asked += more
        if b"\r\n\r\n" in reader.asked or b"\n\n" in reader.asked:
            reader.answer += self._answer(bytes(reader.asked))
            self._selector.modify(reader.sock, selectors.EVENT_WRITE)
            return False
        return not more or len(reader.asked) >= LONGEST_REQUEST

    def _write(self, reader: _Reader) -> bool:
        del reader.answer[: reader.sock.send(reader.answer)]
        return not reader.answer

    def _answer(self, asked: bytes) -> bytes:
        method, _, rest = asked.partition(b"\r\n")[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method not in (b"GET", b"HEAD"):
            return _response("405 Method Not Allowed", "text/plain", b"only GET\n", body=True)
        if path != b"/metrics":
            return _response("404 Not Found", "text/plain", b"metrics are at /metrics\n", method == b"GET")
        return _response("200 OK", CONTENT_TYPE, self._text(), method == b"GET")


def _response(status: str, content_type: str, text: bytes, body: bool) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(text)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + (text if body else b"")

"""The recognizer's process and its socket: messages in, messages out, from two threads."""

import socket
import threading
import time

from edged.stages.recognize import wire

READ_BYTES = 64 * 1024


class Link:
    """One writer at a time: answers and beats come from two threads."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._reader = wire.Reader()
        self.said = 0.0
        """Monotonic time of the last message sent."""

    def send(self, message: wire.Message) -> None:
        data = wire.encode(message)
        with self._lock:
            self._sock.sendall(data)
        self.said = time.monotonic()

    def receive(self) -> list[wire.Message] | None:
        """Wait for messages; None when the daemon has gone."""
        data = self._sock.recv(READ_BYTES)
        return self._reader.feed(data) if data else None

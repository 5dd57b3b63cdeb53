"""Wakes a thread that waits for sockets, from any other thread."""

import select
import socket
from contextlib import suppress


class Bell:
    """Rung any number of times, it wakes its thread at least once."""

    def __init__(self) -> None:
        self._heard, self._rung = socket.socketpair()
        self._heard.setblocking(False)
        self._rung.setblocking(False)

    def fileno(self) -> int:
        """Return what to poll for input."""
        return self._heard.fileno()

    def ring(self) -> None:
        """Wake the thread; from any thread, also after the end."""
        with suppress(OSError):  # it has not even noticed the last hundred; or it is closed
            self._rung.send(b"!")

    def hush(self) -> None:
        """Take note of all rings so far."""
        with suppress(BlockingIOError):  # there was none
            self._heard.recv(4096)

    def wait(self, seconds: float) -> None:
        """Wait for a ring, at most so long, and take note of it."""
        poll = select.poll()  # select.select knows no more than 1024 files
        poll.register(self, select.POLLIN)
        if poll.poll(seconds * 1e3):
            self.hush()

    def close(self) -> None:
        self._heard.close()
        self._rung.close()

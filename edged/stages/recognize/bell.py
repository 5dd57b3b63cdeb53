"""Wakes a thread that waits in poll, from any other thread."""

import socket


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
        try:
            self._rung.send(b"!")
        except BlockingIOError:
            return  # it has not even noticed the last hundred
        except OSError:
            return  # closed

    def hush(self) -> None:
        """Take note of all rings so far."""
        self._heard.recv(4096)

    def close(self) -> None:
        self._heard.close()
        self._rung.close()

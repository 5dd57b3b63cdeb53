"""One connection to the unix socket: what it said, and what it still has to be told."""

import select
import socket
from collections import deque

from edged.stages.sinks.lines import Lines, TooLong
from edged.stages.sinks.order import LONGEST

WAITING = 256
"""Lines that a client may lag behind: 20 s of scores. One that is later than that does not read."""

PIECE = 4096
"""Bytes read at a time, so that nobody keeps the others waiting."""


class Client:
    """Never blocks. Lines are added by any thread that holds the server's lock, all else is the server's."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.wants_scores = False
        self.listens_only = False
        """It said that nothing more comes from it, as `echo status | nc -U` does, and still listens."""
        self.late = False
        """It does not read: to be dropped."""
        self._lines = Lines(LONGEST)
        self._waiting: deque[bytes] = deque()
        self._sent = 0
        """Bytes of the first waiting line that were sent."""

    def tell(self, line: bytes) -> None:
        """Add a line; a client that is too late for it is `late` from now on, and gets no more."""
        if len(self._waiting) >= WAITING:
            self.late = True
            self._waiting.clear()
        if not self.late:
            self._waiting.append(line)

    @property
    def has_waiting(self) -> bool:
        """Whether there is something to write."""
        return bool(self._waiting)

    @property
    def gone(self) -> bool:
        """Whether the other end was closed in both directions, which reading cannot tell any more."""
        poll = select.poll()
        poll.register(self.sock, 0)
        return bool(poll.poll(0))

    def read(self) -> list[bytes | TooLong]:
        """Return the lines that came.

        Raises:
            OSError: the connection broke.
        """
        try:
            more = self.sock.recv(PIECE)
        except BlockingIOError:
            return []
        if more:
            return self._lines.push(more)
        self.listens_only = True
        last = self._lines.rest()
        return [last] if last else []

    def write(self) -> None:
        """Send as much as the other end takes.

        Raises:
            OSError: the connection broke.
        """
        while self._waiting:
            line = self._waiting[0]
            try:
                self._sent += self.sock.send(line[self._sent :], socket.MSG_NOSIGNAL)
            except BlockingIOError:
                return
            if self._sent == len(line):
                self._waiting.popleft()
                self._sent = 0

"""Events and orders on a unix socket, as JSON lines: first how things are, then what happens."""

import json
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable

from edged.bell import Bell
from edged.messages import Event, Scores, to_json
from edged.stages.sinks.lines import TooLong
from edged.stages.sinks.order import LONGEST, Answer, Desk, Order, Reply, understood
from edged.stages.sinks.socket_client import Client
from edged.stages.sinks.socket_file import SocketFile

log = logging.getLogger(__name__)

CLIENTS = 16
"""Connections at a time; one more is told so and closed."""

WAIT_S = 0.5
"""Longest wait of one step: how soon a client that left without a word is forgotten."""

PAUSE_S = 1.0
"""Seconds without a new client where the process has no file descriptor left for one."""


class SocketSink:
    """Serves every client on one thread, the one that calls `step`; `publish` comes from another."""

    name = "socket"
    deadline_s = 10.0

    def __init__(self, path: str, desk: Desk, clock: Callable[[], float] = time.monotonic) -> None:
        """Listen at once; answer in `step`.

        Args:
            path: where.
            desk: takes the orders, and knows how things are.
            clock: monotonic seconds.

        Raises:
            SinkError: the path cannot be had.
        """
        self.dropped = 0
        """Clients that did not read and were left."""
        self.refused = 0
        """Clients that came while all places were taken."""
        self.wants_scores = False
        """Whether a client asked for `scores` events; the path asks, so it is no question of a lock."""
        self._desk = desk
        self._clock = clock
        self._deaf_until: float | None = None
        self._file = SocketFile(path)
        self._lock = threading.Lock()  # the clients and their lines, which `publish` and answers add to
        self._clients: dict[socket.socket, Client] = {}
        self._bell = Bell()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._selector.register(self._file.listener, selectors.EVENT_READ)
        self._ending = False
        self._closed = False

    @property
    def clients(self) -> int:
        """Connections there are now."""
        return len(self._clients)

    def publish(self, event: Event) -> None:
        """Add an event to what waits for each client that wants it."""
        scores = isinstance(event.body, Scores)
        with self._lock:
            wanting = [client for client in self._clients.values() if client.wants_scores or not scores]
            if wanting:
                line = (json.dumps(to_json(event), ensure_ascii=False) + "\n").encode()
                for client in wanting:
                    client.tell(line)
        if wanting:
            self._wake()

    def step(self) -> bool:
        """Serve what is ready, wait for at most half a second; False once it was told to stop."""
        self._settle()
        for key, events in self._selector.select(WAIT_S):
            sock = key.fileobj
            if sock is self._file.listener:
                self._accept()
            elif sock is self._bell:
                self._bell.hush()
            elif isinstance(sock, socket.socket) and sock in self._clients:
                self._serve(self._clients[sock], events)
        if not self._ending:
            return True
        for client in list(self._clients.values()):
            self._serve(client, selectors.EVENT_WRITE)  # the last events, as far as they are taken at once
        return False

    def tell_to_stop(self) -> None:
        """End the present step soon; from any thread."""
        self._ending = True
        self._wake()

    def close(self) -> None:
        """Let go of everything; no step may be running."""
        if self._closed:
            return
        self._closed = True
        for client in list(self._clients.values()):
            self._drop(client)
        self._selector.close()
        self._file.close()
        with self._lock:
            self._bell.close()

    def _wake(self) -> None:
        with self._lock:  # its descriptor may be another's once it is closed
            self._bell.ring()

    def _settle(self) -> None:
        """Drop who is late or gone, and wait for each of the others in the right way."""
        if self._deaf_until is not None and self._clock() >= self._deaf_until:
            self._deaf_until = None
            self._selector.register(self._file.listener, selectors.EVENT_READ)
        for client in list(self._clients.values()):
            if client.late:
                self.dropped += 1
                log.warning("socket: a client does not read and is dropped, %d so far", self.dropped)
                self._drop(client)
            elif client.listens_only and client.gone:
                self._drop(client)
            else:
                self._watch(client)

    def _watch(self, client: Client) -> None:
        wanted = 0 if client.listens_only else selectors.EVENT_READ
        if client.has_waiting:
            wanted |= selectors.EVENT_WRITE
        known = self._selector.get_map().get(client.sock)
        if not wanted and known is not None:
            self._selector.unregister(client.sock)
        elif wanted and known is None:
            self._selector.register(client.sock, wanted)
        elif known is not None and known.events != wanted:
            self._selector.modify(client.sock, wanted)

    def _accept(self) -> None:
        try:
            sock, _ = self._file.listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # it left before it was let in
            return
        except OSError as exc:  # no file descriptor, or no memory: it goes on waiting, and so would this
            log.warning("socket: a client cannot be let in: %s", exc.strerror or exc)
            self._selector.unregister(self._file.listener)
            self._deaf_until = self._clock() + PAUSE_S
            return
        client = Client(sock)
        if len(self._clients) >= CLIENTS:
            self.refused += 1
            client.tell(Answer(None, error=f"{CLIENTS} clients are connected already").line)
            self._say_goodbye(client)
            return
        with self._lock:  # no event may come between how things are and what happens from there on
            client.tell(json.dumps({"snapshot": self._desk.report()}, ensure_ascii=False).encode() + b"\n")
            self._clients[sock] = client
        self._watch(client)

    def _say_goodbye(self, client: Client) -> None:
        try:
            client.write()
        except OSError:
            log.debug("socket: a client left before it could be refused")
        client.sock.close()

    def _drop(self, client: Client) -> None:
        if client.sock in self._selector.get_map():
            self._selector.unregister(client.sock)
        with self._lock:
            del self._clients[client.sock]
        client.sock.close()
        self._count_scores()

    def _serve(self, client: Client, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                with self._lock:
                    client.write()
            if events & selectors.EVENT_READ:
                for line in client.read():
                    self._hear(client, line)
        except OSError:  # it left
            self._drop(client)

    def _hear(self, client: Client, line: bytes | TooLong) -> None:
        if isinstance(line, TooLong):
            self._tell(client, Answer(None, error=f"longer than {LONGEST} bytes"))
            return
        if not line.strip():
            return
        match understood(line):
            case Answer() as wrong:
                self._tell(client, wrong)
            case Order(name="subscribe") as order:
                client.wants_scores = order.scores
                self._count_scores()
                self._tell(client, Answer(order.name, order.id))
            case order:
                self._desk.take(order, "socket", self._reply_to(client))

    def _count_scores(self) -> None:
        self.wants_scores = any(client.wants_scores for client in self._clients.values())

    def _reply_to(self, client: Client) -> Reply:
        def reply(answer: Answer) -> None:
            self._tell(client, answer)
            self._wake()

        return reply

    def _tell(self, client: Client, answer: Answer) -> None:
        with self._lock:
            client.tell(answer.line)

"""A connection is counted in and out once, and let go where its client only holds a place."""

import asyncio
from unittest.mock import Mock

import pytest

from edged.serve.admission import Admission
from edged.serve.guard import Guard, client_of


class Connection(asyncio.Transport):
    """A transport that notes what becomes of it."""

    def __init__(self, peer: object = ("10.0.0.7", 4711)) -> None:
        super().__init__({"peername": peer})
        self.written = b""
        self.state = "open"

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.state = "closed"

    def abort(self) -> None:
        self.state = "aborted"


@pytest.fixture
def inside() -> set[Guard]:
    return set()


def guard(inside, connections: Admission, now: list[float]) -> Guard:
    return Guard(Mock(spec=asyncio.Protocol), connections, inside, "site", clock=lambda: now[0])


def test_a_client_whose_turn_lasts_too_long_is_let_go(inside):
    now = [0.0]
    one, connection = guard(inside, Admission("connections", 9, 9), now), Connection()
    one.connection_made(connection)
    now[0] = 59.9
    assert not one.let_go_if_idle(60)
    now[0] = 60.0
    assert one.let_go_if_idle(60)
    assert connection.state == "aborted"


def test_while_it_is_our_turn_nobody_counts(inside):
    now = [0.0]
    one, connection = guard(inside, Admission("connections", 9, 9), now), Connection()
    one.connection_made(connection)
    one.ours()
    now[0] = 1e6
    assert not one.let_go_if_idle(60)
    one.theirs()
    now[0] += 60
    assert one.let_go_if_idle(60)


def test_bytes_that_trickle_do_not_make_its_turn_longer(inside):
    now = [0.0]
    one, connection = guard(inside, Admission("connections", 9, 9), now), Connection()
    one.connection_made(connection)
    for now[0] in (20.0, 40.0, 60.0):
        one.data_received(b"X")
    assert one.let_go_if_idle(60)


def test_without_room_it_is_told_and_its_request_never_read(inside):
    connections = Admission("connections", 1, 1)
    connections.enter("another", "site")
    one, connection = guard(inside, connections, [0.0]), Connection()
    one.connection_made(connection)
    one.data_received(b"GET / HTTP/1.1\r\n\r\n")
    one.connection_lost(None)
    assert connection.state == "closed"
    assert connection.written.startswith(b"HTTP/1.1 503 ")
    assert connection.written.endswith(b"1 connections are open, which is the most\n")
    assert connections.count == 1
    assert inside == set()


def test_it_is_counted_out_once(inside):
    connections = Admission("connections", 9, 9)
    one = guard(inside, connections, [0.0])
    one.connection_made(Connection())
    assert (connections.count, inside) == (1, {one})
    one.connection_lost(None)
    one.connection_lost(None)
    assert (connections.count, inside) == (0, set())


@pytest.mark.parametrize(
    ("peer", "client"),
    [(("10.0.0.7", 1), "10.0.0.7"), (("::1", 1, 0, 0), "::1"), ("", "this machine"), (None, "this machine")],
)
def test_a_client_is_its_address(peer, client):
    assert client_of(peer) == client

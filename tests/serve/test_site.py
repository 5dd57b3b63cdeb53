"""Whoever comes over HTTP is let in or refused in words, and nobody holds a place for ever."""

import asyncio
import http.client
import socket
import ssl

import pytest
from aiohttp import web

from edged.config.schema import Config, Serve, Server
from edged.errors import ModelError
from edged.serve.access import Access, tls
from edged.serve.admission import Admission, Busy
from edged.serve.front_end import Door
from edged.serve.loop import Loop
from edged.serve.site import Site

LONG_S = 30


class Served:
    """A site on a loop of its own."""

    def __init__(self, loop: Loop, **serve: object) -> None:
        config = Config(serve=Serve(**serve))
        self.connections = Admission(
            "connections", config.serve.max_connections, config.serve.max_connections
        )
        door = Door(config, None, Access(config.serve.token), self.connections, tls(config.serve))
        self.loop = loop
        self.site = Site("test", Server(), door)
        self.held = asyncio.Event()
        self.site.router.add_get("/well", self._well)
        self.site.router.add_get("/health", self._well)
        self.site.router.add_get("/broken", self._broken)
        self.site.router.add_get("/busy", self._busy)
        self.site.router.add_get("/model", self._model)
        self.site.let_in_without_token("/health")
        self.port = loop.run(self.site.start(), LONG_S)

    def stop(self) -> None:
        self.loop.run(self.site.stop(), LONG_S)

    def get(self, path: str, **headers: str) -> tuple[int, str, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG_S)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        said = response.status, response.read().decode(), dict(response.headers)
        connection.close()
        return said

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), LONG_S)

    async def _well(self, request: web.Request) -> web.Response:
        return web.Response(text="well")

    async def _broken(self, request: web.Request) -> web.Response:
        raise ZeroDivisionError("a secret of the inside")

    async def _busy(self, request: web.Request) -> web.Response:
        raise Busy("the queue is full", retry_after_s=7.4)

    async def _model(self, request: web.Request) -> web.Response:
        raise ModelError("whisper: tokens.txt is empty")


@pytest.fixture
def serve(loop):
    opened: list[Served] = []

    def open_it(**serve: object) -> Served:
        opened.append(Served(loop, **serve))
        return opened[-1]

    yield open_it
    for served in opened:
        served.stop()


def test_a_fault_inside_is_not_told_outside(serve):
    status, text, _ = serve().get("/broken")
    assert (status, text) == (500, "a fault inside; the log says more\n")


def test_no_room_is_429_with_a_time_to_come_again(serve):
    status, text, headers = serve().get("/busy")
    assert (status, text, headers["Retry-After"]) == (429, "the queue is full\n", "7")


def test_what_edged_itself_refuses_is_its_sentence(serve):
    assert serve().get("/model")[:2] == (503, "whisper: tokens.txt is empty\n")


def test_what_is_not_there_is_a_sentence_too(serve):
    assert serve().get("/nothing")[:2] == (404, "not found\n")


def test_the_token_is_asked_for_but_by_monitors(serve):
    served = serve(token="s3cret")
    assert served.get("/well")[0] == 401
    assert served.get("/well", Authorization="Bearer s3cret")[:2] == (200, "well")
    assert served.get("/well?token=s3cret")[0] == 200
    assert served.get("/health")[0] == 200


def test_one_connection_too_many_is_refused_in_words(serve):
    served = serve(max_connections=1)
    with served.connect() as first:
        first.sendall(b"GET /well HTTP/1.1\r\nHost: x\r\n\r\n")
        assert first.recv(12) == b"HTTP/1.1 200"
        status, text, _ = served.get("/well")
        assert (status, text) == (503, "1 connections are open, which is the most\n")


def test_a_request_that_never_ends_is_let_go(serve):
    served = serve(idle_s=1.0)
    with served.connect() as slow:
        slow.sendall(b"GET /well HTTP/1.1\r\nHost:")
        assert slow.recv(100) == b""  # the end of the connection, or its reset
    assert served.get("/well")[0] == 200


def test_half_closed_connections_leave_nothing_behind(serve):
    served = serve()
    for _ in range(20):
        with served.connect() as half:
            half.shutdown(socket.SHUT_WR)
            half.recv(1)
    assert served.get("/well")[0] == 200


@pytest.mark.parametrize(
    "nonsense",
    [b"\x00" * 100, b"\x16\x03\x01" * 50, b"GET\r\n\r\n", b"A" * 100_000, b"GET / HTTP/9.9\r\n\r\n"],
)
def test_nonsense_is_refused_and_the_next_is_served(serve, nonsense):
    served = serve()
    with served.connect() as bad:
        try:
            bad.sendall(nonsense)
            bad.shutdown(socket.SHUT_WR)
            while bad.recv(4096):
                continue
        except ConnectionError:
            assert served.get("/well")[0] == 200
    assert served.get("/well")[:2] == (200, "well")


def test_with_a_certificate_it_speaks_tls(serve, certificate):
    cert, key = certificate
    served = serve(tls_cert=str(cert), tls_key=str(key))
    context = ssl.create_default_context(cafile=str(cert))
    connection = http.client.HTTPSConnection("localhost", served.port, timeout=LONG_S, context=context)
    connection.request("GET", "/well")
    assert connection.getresponse().status == 200
    connection.close()


def test_stopped_it_lets_everybody_go(serve):
    served = serve()
    with served.connect() as idle:
        served.stop()
        assert idle.recv(1) == b""
    assert served.connections.count == 0

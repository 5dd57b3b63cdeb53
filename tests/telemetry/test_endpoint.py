"""The endpoint answers, whoever else holds a connection open."""

import contextlib
import http.client
import socket
import threading

import pytest

from edged.errors import SinkError
from edged.telemetry.endpoint import LONGEST_REQUEST, READERS, Endpoint

TEXT = b"edged_hops_total 3\n" * 5000
"""More than a socket takes at once."""


@pytest.fixture
def serve():
    """Serve on a thread; ends and closes with the test."""
    ends = []

    def serve(patience_s: float = 5.0) -> Endpoint:
        endpoint = Endpoint("127.0.0.1", 0, lambda: TEXT, patience_s)

        def run() -> None:
            while endpoint.step():
                pass

        thread = threading.Thread(target=run)
        thread.start()

        def end() -> None:
            endpoint.tell_to_stop()
            thread.join(5)
            assert not thread.is_alive()
            endpoint.close()

        ends.append(end)
        return endpoint

    yield serve
    for end in ends:
        end()


def ask(endpoint: Endpoint, method: str = "GET", path: str = "/metrics") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=20)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_metrics_are_read_whole(serve):
    endpoint = serve()
    assert ask(endpoint) == (200, TEXT)
    assert ask(endpoint, path="/metrics?x=1") == (200, TEXT)
    assert ask(endpoint, "HEAD") == (200, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/metrics", 405), ("GET", "/../etc/passwd", 404)],
)
def test_anything_else_is_refused(serve, method, path, status):
    assert ask(serve(), method, path)[0] == status


def test_slow_readers_are_let_go_and_others_are_answered(serve):
    """More of them than there are places, each with half a request."""
    endpoint = serve(patience_s=0.3)
    slow = [socket.create_connection(("127.0.0.1", endpoint.port)) for _ in range(READERS + 4)]
    for sock in slow:
        sock.sendall(b"GET /met")
    assert ask(endpoint) == (200, TEXT)
    for sock in slow:
        sock.settimeout(10)
        assert sock.recv(1) == b""
        sock.close()


def test_a_reader_that_never_takes_its_answer_holds_nobody_up(serve):
    endpoint = serve()
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", endpoint.port))
        sock.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert ask(endpoint) == (200, TEXT)


def test_a_request_without_end_is_cut_off(serve):
    with socket.create_connection(("127.0.0.1", serve().port), timeout=10) as sock:
        sock.sendall(b"x" * LONGEST_REQUEST)
        with contextlib.suppress(ConnectionResetError):  # an end or a reset, as the kernel likes
            assert sock.recv(1) == b""


def test_a_port_in_use_is_refused_in_a_sentence(serve):
    port = serve().port
    with pytest.raises(SinkError, match=f"metrics: cannot listen on 127.0.0.1:{port}: "):
        Endpoint("127.0.0.1", port, lambda: TEXT)

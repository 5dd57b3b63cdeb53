"""A client that asks and asks and never reads is dropped, and costs the others nothing meanwhile."""

import asyncio
import json
import socket
from contextlib import suppress

import pytest
from wyoming.ping import Ping

from edged.serve.clients import crowd
from edged.serve.clients.visit import Outcome
from edged.serve.clients.wyoming import packed
from tests.serve.test_fuzz import UPGRADE, frame

LONG_S = 60

ASKED = {
    "wyoming": (b"", packed(Ping(text="x" * 50_000))),
    "funasr": (
        UPGRADE,
        frame(1, json.dumps({"wav_name": "x" * 512, "is_speaking": False, "mode": 3}).encode()),
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_who_never_reads_is_dropped(served, spoken, loop, door, name):
    first, question = ASKED[name]

    async def nobody_in() -> None:
        while door.connections.at[name]:
            await asyncio.sleep(0.02)

    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", served.ports[name]))
        client.settimeout(1.0)
        client.sendall(first + question)
        client.recv(1)  # it was let in
        with suppress(TimeoutError, ConnectionError):  # the server stops to read while it cannot write
            while True:
                client.sendall(question)
        seen = crowd.crowd(served, spoken, 1, 0.1, ["openai"])["openai"]
        assert seen.outcomes == {Outcome.ANSWERED: 1}
        loop.run(nobody_in(), LONG_S)

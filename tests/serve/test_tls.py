"""With a certificate every WebSocket is wss, with a token it is asked for; without one both are plain."""

import json
import ssl
from dataclasses import replace

import aiohttp
import pytest

from edged.config.schema import Serve
from edged.serve.access import Access, tls
from edged.serve.clients.sherpa import floats
from edged.serve.funasr.front_end import open_front_end as open_funasr
from edged.serve.sherpa.front_end import open_front_end as open_sherpa
from tests.daemon import TEXT

LONG_S = 60


@pytest.fixture(scope="module", params=["", "a long secret"], ids=["no token", "token"])
def token(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def ports(loop, door, certificate, token):
    cert, key = certificate
    behind = replace(door, tls=tls(Serve(tls_cert=str(cert), tls_key=str(key))), access=Access(token))
    front_ends = [open_(behind) for open_ in (open_funasr, open_sherpa)]
    yield [loop.run(front_end.start(), LONG_S) for front_end in front_ends]
    for front_end in front_ends:
        loop.run(front_end.stop(), LONG_S)


def talk(loop, port: int, certificate, token: str, messages: list, last) -> list[str]:
    """What a client hears; on a loop that lives on: TLS ends after the client thinks that it is gone."""
    context = ssl.create_default_context(cafile=str(certificate[0]))

    async def run() -> list[str]:
        address = f"wss://localhost:{port}/" + (f"?token={token}" if token else "")
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, ssl=context, max_msg_size=0) as socket,
        ):
            for message in messages:
                await (socket.send_bytes if isinstance(message, bytes) else socket.send_str)(message)
            answers: list[str] = []
            while not (answers and last(answers[-1])):
                answers.append(await socket.receive_str())
            return answers

    return loop.run(run(), LONG_S)


def test_funasr_over_wss(loop, ports, certificate, token, command):
    messages = ['{"mode": "offline"}', command.tobytes(), '{"is_speaking": false}']
    (answer,) = talk(loop, ports[0], certificate, token, messages, lambda said: json.loads(said)["is_final"])
    assert json.loads(answer)["text"] == TEXT


def test_sherpa_over_wss(loop, ports, certificate, token, command):
    messages = [floats(command), "Done"]
    *answers, _ = talk(loop, ports[1], certificate, token, messages, lambda said: said == "Done!")
    assert json.loads(answers[-1])["text"] == TEXT


def test_without_tls_or_with_a_wrong_token_nobody_comes_in(loop, ports, certificate, token):
    async def plainly() -> None:
        async with aiohttp.ClientSession() as session:
            await session.ws_connect(f"ws://localhost:{ports[0]}/")

    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        loop.run(plainly(), LONG_S)
    if token:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            talk(loop, ports[0], certificate, "another", [], lambda said: True)
        assert refused.value.status == 401

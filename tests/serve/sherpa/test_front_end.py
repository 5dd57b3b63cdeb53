"""sherpa-onnx's example clients, as they send, against the ports."""

import asyncio
import json
import struct

import aiohttp
import numpy as np
import pytest

from edged.serve.sherpa.front_end import Sherpa, open_front_end
from tests.daemon import TEXT

LONG_S = 60


@pytest.fixture(scope="module")
def ports(loop, door):
    front_end = open_front_end(door)
    assert isinstance(front_end, Sherpa)
    port = loop.run(front_end.start(), LONG_S)
    yield port, front_end.offline_port
    loop.run(front_end.stop(), LONG_S)


def floats(pcm: np.ndarray) -> bytes:
    return (pcm.astype(np.float32) / 32768).astype("<f4").tobytes()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def ask(port: int, *messages: bytes | str) -> list:
    """Send these and read until the server closes; the last is the code and the reason."""

    async def talk() -> list:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{port}/", max_msg_size=0) as socket,
        ):
            for message in messages:
                await (socket.send_bytes if isinstance(message, bytes) else socket.send_str)(message)
            answers = [
                answer.data if answer.data == "Done!" else json.loads(answer.data) async for answer in socket
            ]
            return [*answers, socket.close_code]

    return asyncio.run(asyncio.wait_for(talk(), LONG_S))


def test_the_streaming_client_reads_until_done(ports, command):
    *answers, said_all, code = ask(ports[0], *cut(floats(command), 6_400), "Done")
    assert (said_all, code) == ("Done!", 1000)
    assert answers[-1]["is_eof"]
    assert [answer["text"] for answer in answers if answer["is_final"]] == [TEXT, TEXT]
    assert not any(answer["is_eof"] for answer in answers[:-1])
    complete = answers[-2]
    assert len(complete["timestamps"]) == len(complete["tokens"]) == len(TEXT.split())


def test_after_a_silence_a_new_segment_begins(ports, command):
    quiet = np.random.default_rng(5).normal(0, 10, 32_000).astype(np.int16)
    twice = np.concatenate([command, quiet, command])
    *answers, _, _ = ask(ports[0], *cut(floats(twice), 16_000), "Done")
    finals = {answer["segment"]: answer for answer in answers if answer["is_final"]}
    assert [finals[n]["text"] for n in sorted(finals)] == [TEXT, TEXT]
    assert finals[0]["start_time"] < finals[1]["start_time"]


@pytest.mark.parametrize(
    "messages",
    [(b"RIFF" + bytes(400),), (bytes(7),), (np.full(80, 2e4, "<f4").tobytes(),), ("What?",)],
    ids=["a file", "no floats", "int16", "other text"],
)
def test_what_is_no_float_sound_closes_with_1003(ports, messages):
    assert ask(ports[0], *messages) == [1003]


def test_without_sound_it_is_done_at_once(ports):
    last, said_all, code = ask(ports[0], "Done")
    assert (last["text"], last["is_eof"], said_all, code) == ("", True, "Done!", 1000)


def test_a_plain_visit_is_told_what_this_is(ports):
    async def visit(port: int) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as response:
            return response.status, await response.text()

    for port in ports:
        status, text = asyncio.run(visit(port))
        assert (status, "WebSocket" in text) == (200, True)


def test_without_room_the_handshake_is_refused_with_503(ports, loop, reception):
    from edged.stages.recognize.recognizer import Options

    async def taken() -> list:
        return [await reception.dictate("test", "x", Options()) for _ in range(4)]

    streams = loop.run(taken(), LONG_S)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        ask(ports[0], "Done")
    assert refused.value.status == 503
    for stream in streams:
        loop.asyncio.call_soon_threadsafe(stream.close)


def file(pcm: np.ndarray, rate: int = 16_000) -> bytes:
    data = floats(pcm)
    return struct.pack("<ii", rate, len(data)) + data


def test_files_one_after_the_other_get_an_answer_each(ports, command):
    one, two, code = ask(ports[1], *cut(file(command), 10_240), *cut(file(command), 100_000), "Done")
    assert (one["text"], two["text"], code) == (TEXT, TEXT, 1000)
    assert len(one["timestamps"]) == len(one["tokens"]) == len(TEXT.split())


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"1234", 1000),
        (struct.pack("<ii", 16_000, 7) + bytes(7), 1000),
        (struct.pack("<ii", 16_000, -4), 1000),
        (struct.pack("<ii", 1, 4) + bytes(4), 1011),
        (struct.pack("<ii", 16_000, 2**31 - 4), 1009),
        (struct.pack("<ii", 16_000, 8) + bytes(800), 1000),
    ],
)
def test_a_file_that_is_none_is_refused(ports, message, code):
    assert ask(ports[1], message) == [code]

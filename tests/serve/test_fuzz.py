"""Malformed messages in great number: each is heard, or answered in words; nothing breaks, stays or hangs.

`EDGED_FUZZ=100000 pytest tests/serve/test_fuzz.py --timeout 0` sends so many of each protocol.
"""

import asyncio
import json
import os
import socket
import struct
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.info import Describe
from wyoming.ping import Ping, Pong
from wyoming.satellite import PauseSatellite, RunSatellite
from wyoming.timer import TimerFinished
from wyoming.vad import VoiceStopped
from wyoming.wake import Detect

from edged.errors import EdgedError
from edged.serve.clients import crowd
from edged.serve.clients.visit import Outcome
from edged.serve.clients.wyoming import packed
from edged.serve.funasr.asked import Asked, BadMessage
from edged.serve.funasr.asked import read as read_funasr
from edged.serve.openai import upload
from edged.serve.openai.fields import BadField, asked
from edged.serve.recordings import TooLarge
from edged.serve.samples import Samples
from edged.serve.sherpa.floats import NotFloats, to_int16
from edged.serve.wyoming.connection import _form, _request, _texts
from edged.serve.wyoming.wire import Nonsense, Wire
from tests.serve.box import Box
from tests.serve.malformed import Bender

pytestmark = pytest.mark.filterwarnings(  # aiohttp's, of parts whose names are none
    "ignore::aiohttp.multipart.BadContentDispositionParam",
    "ignore::aiohttp.multipart.BadContentDispositionHeader",
)

COUNT = int(os.environ.get("EDGED_FUZZ", "1500"))
VISITS = max(20, COUNT // 40)
"""Clients that come by a real socket, of each protocol."""

LONG_S = 60 + COUNT / 50

FORM = {"rate": 16_000, "width": 2, "channels": 1}
WYOMING = [
    packed(said)
    for said in (
        Describe(),
        Ping(text="x"),
        Detect(names=["hey_jarvis"]),
        Transcribe(language="en", transcript_names=["edged"]),
        AudioStart(**FORM),
        AudioChunk(**FORM, audio=bytes(640)),
        AudioStop(),
    )
]
SATELLITE = [
    *WYOMING,
    *(
        packed(said)
        for said in (
            RunSatellite(),
            RunSatellite(),
            PauseSatellite(),
            Transcript(text="x"),
            VoiceStopped(timestamp=1),
            TimerFinished(id="x"),
            Pong(),
        )
    ),
]
FUNASR = {
    "mode": "2pass",
    "chunk_size": [5, 10, 5],
    "wav_name": "x",
    "wav_format": "pcm",
    "audio_fs": 16_000,
    "is_speaking": True,
    "hotwords": '{"edged": 20}',
    "itn": True,
}
FORM_TYPE = {"Content-Type": "multipart/form-data; boundary=b"}
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="response_format"\r\n\r\njson\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    b"RIFF" + bytes(200) + b"\r\n--b--\r\n"
)
POST = (
    b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
)
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class NoTransport(asyncio.Transport):
    """Where nothing is sent."""

    def is_closing(self) -> bool:
        return True


async def hear_wyoming(data: bytes) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64 * 1024, loop=loop)
    reader.feed_data(data)
    reader.feed_eof()
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    wire = Wire(reader, asyncio.StreamWriter(NoTransport(), protocol, reader, loop), 5.0)
    samples = Samples(**FORM)
    while (event := await wire.read()) is not None:
        _texts(event.data, "names")
        _request(event)
        samples.push(event.payload or b"")
        Samples(*_form(event.data))


def test_wyoming_events():
    bender = Bender(1)

    async def hear_all() -> None:
        for _ in range(COUNT):
            with suppress(EdgedError, ConnectionError):
                await hear_wyoming(bender.data(b"".join(bender.some(WYOMING))))

    asyncio.run(hear_all())


def test_wyoming_events_of_other_fields():
    bender = Bender(2)
    refused = 0

    async def hear_all() -> None:
        nonlocal refused
        for _ in range(COUNT):
            head = {
                "type": "transcribe",
                "data": {"language": "en", "names": ["x"], **FORM},
                "data_length": 2,
            }
            line = json.dumps(bender.value(head)).encode()
            try:
                await hear_wyoming(line + b"\n{}")
            except (Nonsense, ConnectionError):
                refused += 1
            except EdgedError as exc:
                assert "\n" not in str(exc)

    asyncio.run(hear_all())
    assert COUNT // 10 < refused <= COUNT


def test_funasr_messages():
    bender = Bender(3)
    before = Asked()
    for _ in range(COUNT):
        with suppress(BadMessage):
            said = read_funasr(bender.text(FUNASR), before).asked
            assert all("\n" not in problem for problem in said.problems)
            with suppress(EdgedError):
                Samples(said.rate).push(bender.data(bytes(64)))


def test_sherpa_sound():
    bender = Bender(4)
    sound = struct.pack("<40f", *(0.01 * n for n in range(40)))
    for number in range(COUNT):
        with suppress(NotFloats):
            assert len(to_int16(bender.data(sound), first=number % 2 == 0)) <= 4 * len(sound)


def test_openai_fields():
    bender = Bender(5)
    fields = {
        "model": ["whisper-1"],
        "response_format": ["verbose_json"],
        "timestamp_granularities[]": ["word"],
        "stream": ["false"],
        "prompt": ["x"],
    }
    for _ in range(COUNT):
        with suppress(BadField):
            asked(_fields(bender, fields), ["selftest"])


def _fields(bender: Bender, fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """A form holds texts, whatever they are."""
    bent = {}
    for key, values in fields.items():
        strange = bender.random.random() < 0.4
        bent[key] = [
            str(bender.value(value)) if strange else value for value in values
        ] * bender.random.choice((0, 1, 1, 2))
    return {key: values for key, values in bent.items() if values}


def test_openai_forms(recordings):
    bender = Bender(6)

    async def read_all() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(COUNT):
            payload = aiohttp.StreamReader(BaseProtocol(loop), 2**16, loop=loop)
            payload.feed_data(bender.data(MULTIPART))
            payload.feed_eof()
            request = make_mocked_request("POST", "/", FORM_TYPE, payload=payload)
            try:
                form = await upload.read(request, recordings, 5.0)
            except (BadField, TooLarge) as exc:
                assert "\n" not in str(exc)
            else:
                form.close()

    asyncio.run(read_all())


def frame(opcode: int, data: bytes, length: int | None = None) -> bytes:
    """A client's WebSocket frame, masked by zeros; `length`: what it says of itself."""
    said = len(data) if length is None else length
    return bytes([0x80 | opcode, 0xFF]) + struct.pack(">Q", said) + bytes(4) + data


def valid(name: str) -> list[bytes]:
    """Pieces of what a client of a port sends."""
    if name == "wyoming":
        return WYOMING
    if name == "satellite":
        return SATELLITE
    if name == "openai":
        body = MULTIPART
        head = POST + f"Content-Length: {len(body)}\r\n\r\n".encode()
        return [head + body, b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n", head, body[:99]]
    sound = struct.pack("<80f", *(0.01 * n for n in range(80)))
    text, binary = (
        json.dumps(FUNASR).encode(),
        sound if name != "sherpa_files" else struct.pack("<ii", 16_000, 320) + sound,
    )
    return [
        frame(1, text),
        frame(2, binary),
        frame(1, b'{"is_speaking": false}'),
        frame(1, b"Done"),
        frame(9, b""),
    ]


HUGE_EVENT = b'{"type":"audio-chunk","data_length":99999999999,"payload_length":99999999999}\n'
HUGE = {
    "wyoming": HUGE_EVENT,
    "satellite": HUGE_EVENT,
    "openai": POST + b"Content-Length: 99999999999\r\n\r\n" + MULTIPART[:300],
}


def script(name: str, bender: Bender) -> bytes:
    """What one client sends before it sends no more."""
    pieces = bender.some(valid(name))
    upgrade = UPGRADE if name not in ("wyoming", "satellite", "openai") else b""
    match bender.random.randint(0, 5):
        case 0:
            return bender.random.randbytes(bender.random.randint(0, 3000))
        case 1:
            return upgrade + HUGE.get(name, frame(2, bytes(99), length=2**62))
        case 2:
            whole = upgrade + b"".join(pieces)
            return whole[: bender.random.randint(0, len(whole))]
        case 3:
            return bender.data(upgrade) + b"".join(pieces)
        case _:
            return upgrade + bender.data(b"".join(pieces))


async def come(port: int, data: bytes, way: int) -> bytes:
    """Send; then half-close, or leave in the middle, or be torn off. Returns what was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        await writer.drain()
        if way == 0:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return b""
        if way == 1:
            return b""
        writer.write_eof()
        async with asyncio.timeout(60):
            return await reader.read(2**20)
    except TimeoutError:
        pytest.fail(f"nobody answers or closes: {data[:200]!r}")
    except OSError:  # it was refused before all was said
        return b""
    finally:
        writer.close()


async def wakes(box: Box) -> None:
    """Let commands be spoken all the time, for whoever has the satellite."""
    while True:
        box.wake(box.at)
        box.hear(hops=3)
        box.end()
        await asyncio.sleep(0.01)


def where(task: asyncio.Task) -> str:
    """A task and the line at which it waits."""
    at = task.get_coro()
    while getattr(at, "cr_await", None) is not None and hasattr(at.cr_await, "cr_frame"):
        at = at.cr_await
    frame = getattr(at, "cr_frame", None)
    return (
        f"{task.get_name()} {Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
        if frame
        else task.get_name()
    )


def held(loop) -> tuple[int, int, int]:
    """Descriptors, threads and tasks of the moment."""

    async def tasks() -> int:
        return len(asyncio.all_tasks())

    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), loop.run(tasks(), 60)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("wyoming", "wyoming asr"),
        ("satellite", "wyoming asr"),
        ("funasr", "funasr offline"),
        ("sherpa", "sherpa streaming"),
        ("sherpa_files", "sherpa offline"),
        ("openai", "openai"),
    ],
)
def test_by_a_socket_nothing_breaks_stays_or_hangs(
    served, served_box, spoken, loop, door, caplog, name, kind
):
    bender = Bender(len(name))

    def is_served() -> None:
        seen = crowd.crowd(served, spoken, 1, 0.1, [kind])[kind]
        assert seen.outcomes == {Outcome.ANSWERED: 1}, seen.said

    async def all_come() -> list[bytes]:
        room = asyncio.Semaphore(6)

        async def one(data: bytes, way: int) -> bytes:
            async with room:
                return await come(served.ports[name], data, way)

        speaking = asyncio.create_task(wakes(served_box))
        scripts = [(script(name, bender), bender.random.randint(0, 4)) for _ in range(VISITS)]
        answers = await asyncio.gather(*(one(*each) for each in scripts))
        speaking.cancel()
        return answers

    async def left() -> list[str]:
        """Who is still there once everybody left, and had time to be let go."""
        for _ in range(3000):
            tasks = [where(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            open_ = {"connection": door.connections.count, "stream": door.reception.streams.count}
            here = [*Counter(open_).elements(), *sorted(tasks)]
            if len(here) <= before[2] - 1:
                break
            await asyncio.sleep(0.02)
        return here

    is_served()
    before = held(loop)
    answers = asyncio.run(asyncio.wait_for(all_come(), LONG_S))
    assert len(found := loop.run(left(), 90)) <= before[2] - 1, found  # without the one that looks
    assert not any(b"Traceback" in answer for answer in answers)
    is_served()
    broken = [record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    assert not broken
    assert held(loop)[1] <= before[1] + 8, "threads stay"  # the loop's own for what would block it
    assert held(loop)[0] <= before[0] + 4, "descriptors stay"
    is_served()


def test_a_key_that_is_no_ascii_is_refused_in_words(served):
    upgrade = UPGRADE.replace(b"dGhl", b"\xe4\xf6\xfc")
    with socket.create_connection(("127.0.0.1", served.ports["funasr"]), 60) as client:
        client.sendall(upgrade)
        assert client.makefile("rb").readline().startswith(b"HTTP/1.1 400 ")

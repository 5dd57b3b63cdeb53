"""The wyoming package's own client, as Home Assistant uses it, against the port."""

import asyncio
import itertools
import socket

import numpy as np
import pytest
import soundfile
from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.wake import Detect, Detection, NotDetected

from edged.serve.wyoming.front_end import open_front_end
from tests.daemon import DEMO, TEXT

LONG_S = 60


@pytest.fixture(scope="module")
def port(loop, door):
    front_end = open_front_end(door)
    yield loop.run(front_end.start(), LONG_S)
    loop.run(front_end.stop(), LONG_S)


@pytest.fixture(scope="session")
def demo() -> np.ndarray:
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    return pcm


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(7).normal(0, 10, round(seconds * 16_000)).astype(np.int16)


def chunks(pcm: np.ndarray, rate: int = 16_000, step: int = 1024):
    form = {"rate": rate, "width": 2, "channels": 1}
    yield AudioStart(**form).event()
    for at in range(0, len(pcm), step):
        yield AudioChunk(**form, audio=pcm[at : at + step].tobytes()).event()
    yield AudioStop().event()


async def talk(port: int, *events) -> list:
    """Say these, then listen until the server closes or has answered the last."""
    async with AsyncTcpClient("127.0.0.1", port) as client:
        for event in events:
            await client.write_event(event)
        answers = []
        while (answer := await client.read_event()) is not None:
            answers.append(answer)
            if answer.type in ("not-detected", "info", "pong"):
                break
        return answers


def ask(port: int, *events) -> list:
    return asyncio.run(asyncio.wait_for(talk(port, *events), LONG_S))


def test_it_describes_what_is_really_there(port):
    (event,) = ask(port, Describe().event())
    info = Info.from_event(event)
    (program,) = info.wake
    assert program.name == "openwakeword"
    assert [(model.name, model.phrase, model.installed) for model in program.models] == [
        ("hey_jarvis", "Hey Jarvis", True)
    ]
    (asr,) = info.asr
    assert asr.supports_transcript_streaming
    assert not asr.requires_external_vad
    assert [model.name for model in asr.models] == ["selftest"]


def test_a_command_becomes_a_transcript_and_the_connection_ends(port, command):
    answers = ask(port, Transcribe(language="en").event(), *chunks(command))
    assert Transcript.from_event(next(a for a in answers if Transcript.is_type(a.type))).text == TEXT
    kinds = [answer.type for answer in answers]
    assert kinds[0] == TranscriptStart().event().type
    assert kinds[-2:] == [Transcript("").event().type, TranscriptStop().event().type]
    grown = "".join(TranscriptChunk.from_event(a).text for a in answers if TranscriptChunk.is_type(a.type))
    assert grown == TEXT


def test_begun_twice_it_goes_on_and_leaves_nothing_behind(port, loop, door, command):
    start = AudioStart(rate=16_000, width=2, channels=1).event()
    answers = ask(port, Transcribe().event(), start, *chunks(command))
    assert [Transcript.from_event(a).text for a in answers if Transcript.is_type(a.type)] == [TEXT]

    async def until_empty() -> None:
        while door.reception.streams.count:
            await asyncio.sleep(0.01)

    loop.run(until_empty(), LONG_S)


def test_sound_of_another_form_is_understood_too(port, command):
    import soxr

    other = soxr.resample(command, 16_000, 22_050)
    answers = ask(port, Transcribe().event(), *chunks(other.astype(np.int16), rate=22_050))
    assert [Transcript.from_event(a).text for a in answers if Transcript.is_type(a.type)] == [TEXT]


def test_with_its_own_endpoint_it_answers_before_the_sound_ends(port, command):
    """The client never says that it is done: Home Assistant goes on until there is a transcript."""
    sound = [*chunks(np.concatenate([command, noise(3)]))][:-1]
    answers = ask(port, Transcribe(vad_sensitivity="aggressive").event(), *sound)
    assert [Transcript.from_event(a).text for a in answers if Transcript.is_type(a.type)] == [TEXT]


def test_of_a_recording_all_is_recognized_however_long_its_pauses(port, command):
    twice = np.concatenate([command, noise(2), command])
    answers = ask(port, Transcribe().event(), *chunks(twice, step=16_000))
    assert [Transcript.from_event(a).text for a in answers if Transcript.is_type(a.type)] == [
        f"{TEXT} {TEXT}"
    ]


def test_no_sound_is_an_empty_transcript(port):
    answers = ask(port, Transcribe().event(), AudioStop().event())
    assert [Transcript.from_event(a).text for a in answers] == [""]


@pytest.mark.parametrize("names", [None, ["hey_jarvis"], ["hey_jarvis_v0.1", "hey_mycroft"]])
def test_a_wake_word_is_detected_under_the_name_that_was_asked_for(port, demo, names):
    async def detect() -> Detection:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Detect(names=names).event())
            for event in chunks(demo):
                await client.write_event(event)
            return Detection.from_event(await client.read_event())

    detection = asyncio.run(asyncio.wait_for(detect(), LONG_S))
    assert detection.name == (names or ["hey_jarvis"])[0]
    assert 2_500 < detection.timestamp < 4_500


def test_without_a_wake_word_it_says_so_and_listens_again(port, demo):
    async def twice() -> list:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Detect().event())
            answers = []
            for sound in (noise(2), demo):
                for event in chunks(sound):
                    await client.write_event(event)
                answers.append(await client.read_event())
            return answers

    first, second = asyncio.run(asyncio.wait_for(twice(), LONG_S))
    assert NotDetected.is_type(first.type)
    assert Detection.is_type(second.type)


def test_a_word_that_is_not_here_is_refused_with_those_that_are(port):
    answers = ask(port, Detect(names=["hey_mycroft"]).event())
    assert Error.from_event(answers[0]).text == "no wake word hey_mycroft here; there are: hey_jarvis"


def test_a_ping_is_answered(port):
    (event,) = ask(port, Ping(text="17").event())
    assert Pong.from_event(event).text == "17"


def test_one_client_too_many_is_told(port, loop, door):
    async def crowd() -> str:
        clients = [AsyncTcpClient("127.0.0.1", port) for _ in range(9)]
        try:
            for client in clients:
                await client.connect()
                await client.write_event(Ping().event())
            answers = [await client.read_event() for client in clients]
            return Error.from_event(answers[-1]).text
        finally:
            for client in clients:
                await client.disconnect()

    sentence = asyncio.run(asyncio.wait_for(crowd(), LONG_S))
    assert sentence == "8 connections are open, which is the most"


def test_a_client_that_says_nothing_is_let_go(port, door):
    answers = ask(port)
    assert Error.from_event(answers[0]).code == "idle"


NONSENSE = [
    b"no json\n",
    b"[]\n",
    b"{}\n",
    b'{"type": 5}\n',
    b'{"type": "ping", "data": []}\n',
    b'{"type": "ping", "data_length": 3}\n[1]',
    b'{"type": "audio-chunk", "payload_length": 99999999999}\n',
    b'{"type": "audio-chunk", "payload_length": "x"}\n',
    b'{"type": "audio-chunk", "data": {"rate": 16000}}\n',
    b'{"type": "audio-start", "data": {"rate": 1, "width": 2, "channels": 1}}\n',
    b'{"type": "audio-start", "data": {"rate": 16000, "width": 9, "channels": 1}}\n',
    b'{"type": "detect", "data": {"names": "x"}}\n',
    b'{"type": "detect", "data": {"names": [1]}}\n',
    b'{"type": "transcribe", "data": {"language": 7}}\n',
    b'{"type": "transcribe", "data": {"transcript_names": [1]}}\n',
    b"x" * 200_000,
    b"[" * 60_000 + b"\n",
    b"\xff\xfe\n",
]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=itertools.count())
def test_nonsense_is_answered_in_words_and_the_next_client_served(port, door, nonsense):
    with socket.create_connection(("127.0.0.1", port), LONG_S) as client:
        client.sendall(nonsense)
        said = client.makefile("rb").read()
    assert b'"error"' in said
    assert b"Traceback" not in said
    assert ask(port, Ping().event())[0].type == "pong"


def test_clients_that_leave_in_the_middle_leave_nothing_behind(port, loop, door, command, reception):
    async def leave(count: int) -> None:
        for number in range(count):
            client = AsyncTcpClient("127.0.0.1", port)
            await client.connect()
            await client.write_event((Detect() if number % 2 else Transcribe()).event())
            for event in itertools.islice(chunks(command), 1 + number % 5):
                await client.write_event(event)
            await client.disconnect()

    async def until_empty() -> None:
        while door.connections.count or reception.streams.count:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(leave(12), LONG_S))
    loop.run(until_empty(), LONG_S)
    answers = ask(port, Transcribe().event(), *chunks(command))
    assert TEXT in [Transcript.from_event(a).text for a in answers if Transcript.is_type(a.type)]

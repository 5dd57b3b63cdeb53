"""Message sequences of FunASR's clients, each as that client sends them, against the port."""

import asyncio
import io
import json
from dataclasses import replace

import aiohttp
import numpy as np
import pytest
import soundfile

from edged.serve.funasr.front_end import open_front_end
from tests.daemon import TEXT

LONG_S = 60
SLOW = 65_536


@pytest.fixture(scope="module")
def port(loop, door):
    front_end = open_front_end(door)
    yield loop.run(front_end.start(), LONG_S)
    loop.run(front_end.stop(), LONG_S)


def wav(pcm: np.ndarray) -> bytes:
    data = io.BytesIO()
    soundfile.write(data, pcm, 16_000, format="WAV")
    return data.getvalue()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def ask(port: int, *messages: dict | bytes | str, until) -> list[dict]:
    """Send these, then read until an answer is the one waited for, or the server closes."""

    async def talk() -> list[dict]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{port}/", protocols=("binary",)) as socket,
        ):
            assert socket.protocol == "binary"
            for message in messages:
                if isinstance(message, bytes):
                    await socket.send_bytes(message)
                else:
                    await socket.send_str(message if isinstance(message, str) else json.dumps(message))
            answers = []
            async for answer in socket:
                answers.append(json.loads(answer.data))
                if until(answers[-1]):
                    break
            if socket.closed:
                answers.append({"closed": socket.close_code})
            return answers

    return asyncio.run(asyncio.wait_for(talk(), LONG_S))


def is_end(answer: dict) -> bool:
    return answer.get("is_end", False)


def is_final(answer: dict) -> bool:
    return answer["is_final"]


PYTHON_2026 = {
    "mode": "offline",
    "chunk_size": [5, 10, 5],
    "chunk_interval": 10,
    "encoder_chunk_look_back": 4,
    "decoder_chunk_look_back": 0,
    "audio_fs": 16000,
    "wav_name": "demo",
    "wav_format": "pcm",
    "is_speaking": True,
    "hotwords": "",
    "itn": True,
}
"""The Python client of 2026: it waits for `is_end`."""


def test_the_python_client_of_2026_offline(port, command):
    sound = cut(command.tobytes(), 1_920)
    answers = ask(port, PYTHON_2026, *sound, {"is_speaking": False, "is_end": True}, until=is_end)
    result, end = answers
    assert (result["mode"], result["wav_name"], result["text"], result["is_final"]) == (
        "offline",
        "demo",
        TEXT,
        True,
    )
    assert len(json.loads(result["timestamp"])) == len(TEXT.split())
    assert end == {"mode": "offline", "wav_name": "demo", "text": "", "is_final": True, "is_end": True}


def test_the_python_client_of_2025_sends_files_as_others(port, command):
    first = {**PYTHON_2026, "wav_format": "others", "hotwords": '{"edged": 20}'}
    sound = cut(wav(command), SLOW)
    (result,) = ask(port, first, *sound, {"is_speaking": False}, until=is_final)
    assert result["text"] == TEXT


def test_the_cpp_offline_client_names_no_mode_and_sends_file_after_file(port, command):
    """It says neither mode nor chunk_size, and takes the first answer for its file's."""
    answers = []
    messages = []
    for name in ("1", "2"):
        messages += [
            {
                "wav_name": name,
                "wav_format": "pcm",
                "audio_fs": 16000,
                "is_speaking": True,
                "hotwords": '{"edged":20}',
                "itn": True,
                "svs_lang": "auto",
                "svs_itn": True,
            },
            *cut(command.tobytes(), 204_800),
            {"is_speaking": False},
        ]
    answers = ask(port, *messages, until=lambda answer: answer["wav_name"] == "2")
    assert [(a["wav_name"], a["text"], a["is_final"]) for a in answers] == [
        ("1", TEXT, True),
        ("2", TEXT, True),
    ]


def test_the_cpp_2pass_client_closes_on_the_first_final(port, command):
    first = {
        "mode": "2pass",
        "chunk_size": [5, 10, 5],
        "wav_name": "x",
        "wav_format": "pcm",
        "is_speaking": True,
    }
    quiet = np.random.default_rng(3).normal(0, 10, 32_000).astype(np.int16)
    twice = np.concatenate([command, quiet, command])
    answers = ask(port, first, *cut(twice.tobytes(), 1_920), {"is_speaking": False}, until=is_final)
    assert [a["is_final"] for a in answers].count(True) == 1
    sentences = [a for a in answers if a["mode"] == "2pass-offline"]
    assert [a["text"] for a in sentences if a["text"]] == [TEXT, TEXT]
    said = [a["mode"] for a in answers]
    grown = "".join(a["text"] for a in answers[: said.index("2pass-offline")])
    assert TEXT.startswith(grown)
    spans = [json.loads(a["timestamp"]) for a in sentences if a["text"]]
    assert spans[0][-1][1] <= spans[1][0][0]


def test_the_page_sends_a_wav_files_header_as_samples(port, command):
    first = {
        "chunk_size": [5, 10, 5],
        "wav_name": "h5",
        "is_speaking": True,
        "chunk_interval": 10,
        "itn": False,
        "mode": "offline",
        "wav_format": "PCM",
        "audio_fs": 16000,
    }
    stop = {
        "chunk_size": [5, 10, 5],
        "wav_name": "h5",
        "is_speaking": False,
        "chunk_interval": 10,
        "mode": "offline",
    }
    (result,) = ask(port, first, *cut(wav(command), 960), stop, until=is_final)
    assert result["text"] == TEXT


def test_the_java_client_sends_weights_as_texts_and_closes_on_a_true_final(port, command):
    first = {
        "mode": "online",
        "wav_name": "java",
        "wav_format": "pcm",
        "chunk_size": "5, 10, 5",
        "chunk_interval": 10,
        "is_speaking": True,
        "hotwords": '{"edged":"100"}',
    }
    answers = ask(port, first, *cut(command.tobytes(), 1_920), {"is_speaking": False}, until=is_final)
    assert {a["mode"] for a in answers} == {"online"}
    assert "".join(a["text"] for a in answers) == TEXT
    assert answers[-1]["is_final"] is True


def test_the_go_and_c_sharp_clients_leave_chunk_size_out(port, command):
    first = {"mode": "online", "wav_name": "go", "wav_format": "pcm", "is_speaking": True, "hotwords": "{}"}
    answers = ask(port, first, *cut(command.tobytes(), 9_600), {"is_speaking": False}, until=is_final)
    assert "".join(a["text"] for a in answers) == TEXT
    assert all(isinstance(a.get("timestamp", ""), str) for a in answers)


def test_sound_before_any_message_is_heard_by_the_defaults(port, command):
    (result,) = ask(port, *cut(command.tobytes(), SLOW), {"is_speaking": False}, until=is_final)
    assert (result["mode"], result["text"]) == ("offline", TEXT)


def test_at_8_khz_it_is_understood_as_well(port, command):
    import soxr

    slow = soxr.resample(command, 16_000, 8_000).astype(np.int16)
    first = {**PYTHON_2026, "audio_fs": 8000}
    (result, _) = ask(port, first, slow.tobytes(), {"is_speaking": False, "is_end": True}, until=is_end)
    assert result["text"]
    assert json.loads(result["timestamp"])[-1][1] <= len(command) / 16


@pytest.mark.parametrize("samples", [1, 160, 1_600])
def test_very_short_sound_is_an_answer_too(port, command, samples):
    for mode in ("offline", "online"):
        first = {"mode": mode, "is_speaking": True}
        sound = command[:samples].tobytes()
        (result,) = ask(port, first, sound, {"is_speaking": False}, until=is_final)
        assert "error" not in result


def test_no_sound_is_one_empty_result(port):
    for mode, kind in (("offline", "offline"), ("online", "online"), ("2pass", "2pass-offline")):
        (result,) = ask(port, {"mode": mode, "is_speaking": True}, {"is_speaking": False}, until=is_final)
        assert (result["mode"], result["text"]) == (kind, "")


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        (["no json"], "bad JSON"),
        (["[]"], "bad JSON"),
        ([{"mode": "3pass"}, {"is_speaking": False}], "unsupported mode: '3pass'"),
        ([{"mode": "2pass", "wav_format": "mp3"}, b"ID3", {"is_speaking": False}], "takes samples"),
        ([{"mode": "online", "audio_fs": 1}, b"0000", {"is_speaking": False}], "1 samples per second"),
        ([{"wav_format": "wav"}, b"RIFF no wav", {"is_speaking": False}], "wav-default-id"),
    ],
)
def test_what_cannot_be_done_is_an_error_and_the_connection_lives(port, command, messages, error):
    again = [{**PYTHON_2026, "mode": "offline"}, command.tobytes(), {"is_speaking": False, "is_end": True}]
    answers = ask(port, *messages, *again, until=is_end)
    assert error in next(a["error"] for a in answers if "error" in a)
    assert TEXT in [a["text"] for a in answers]
    assert not any("Traceback" in json.dumps(a) for a in answers)


def test_an_undecodable_file_fails_the_acknowledgement(port):
    first = {**PYTHON_2026, "wav_format": "others"}
    answers = ask(
        port, first, b"nothing of a recording", {"is_speaking": False, "is_end": True}, until=is_end
    )
    assert (answers[-1]["is_final"], answers[-1]["is_end"]) == (False, True)
    assert "demo" in answers[-1]["error"]


def test_a_recording_that_is_too_large_closes_with_1009(port):
    first = {**PYTHON_2026, "wav_format": "others"}
    answers = ask(port, first, *[bytes(10**6)] * 9, until=lambda answer: False)
    assert "larger than 8 MB" in answers[0]["error"]
    assert answers[-1] == {"closed": 1009}


def test_too_many_streams_close_with_1013(port, command, reception, loop):
    async def taken() -> list:
        from edged.stages.recognize.recognizer import Options

        return [await reception.dictate("test", "x", Options()) for _ in range(4)]

    streams = loop.run(taken(), LONG_S)
    first = {"mode": "online", "is_speaking": True}
    answers = ask(port, first, command.tobytes(), until=lambda answer: False)
    for stream in streams:
        loop.asyncio.call_soon_threadsafe(stream.close)
    assert answers == [{"closed": 1013}]


def test_a_client_that_says_nothing_is_let_go(port):
    assert ask(port, until=lambda answer: False) == [{"closed": 1000}]


def test_a_plain_visit_is_told_what_this_is(port):
    async def visit() -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as response:
            return response.status, await response.text()

    status, text = asyncio.run(visit())
    assert status == 200
    assert "WebSocket" in text


def test_clients_that_leave_in_the_middle_leave_nothing_behind(port, loop, door, command, reception):
    async def leave() -> None:
        async with aiohttp.ClientSession() as session:
            for mode in ("online", "offline", "2pass"):
                socket = await session.ws_connect(f"ws://127.0.0.1:{port}/")
                await socket.send_str(json.dumps({"mode": mode, "is_speaking": True}))
                await socket.send_bytes(command[:30_000].tobytes())
                socket._response.connection.transport.abort()

    async def until_empty() -> None:
        while door.connections.count or reception.streams.count:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(leave(), LONG_S))
    loop.run(until_empty(), LONG_S)


def test_a_client_that_names_no_mode_gets_the_one_of_the_configuration(loop, door, command):
    serve = door.config.serve
    config = door.config.model_copy(
        update={
            "serve": serve.model_copy(
                update={"funasr": serve.funasr.model_copy(update={"default_mode": "2pass"})}
            )
        }
    )
    front_end = open_front_end(replace(door, config=config))
    port = loop.run(front_end.start(), LONG_S)
    sound = cut(command.tobytes(), SLOW)
    answers = ask(port, {"is_speaking": True}, *sound, {"is_speaking": False}, until=is_final)
    loop.run(front_end.stop(), LONG_S)
    assert {answer["mode"] for answer in answers} <= {"2pass-online", "2pass-offline"}

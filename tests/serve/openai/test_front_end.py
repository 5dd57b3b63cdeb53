"""OpenAI's own client, unmodified, and clients that misbehave, against the port."""

import asyncio
import http.client
import io
import json
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import openai
import pytest
import soundfile

from edged.serve.openai.front_end import open_front_end
from tests.daemon import TEXT

LONG_S = 60


@pytest.fixture(scope="module")
def port(loop, door):
    front_end = open_front_end(door)
    yield loop.run(front_end.start(), LONG_S)
    loop.run(front_end.stop(), LONG_S)


@pytest.fixture
def api(port):
    with closing(
        openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="any", max_retries=0)
    ) as client:
        yield client.audio.transcriptions


@pytest.fixture(scope="session")
def sound(command):
    """The command as a file of any form, by its ending."""

    def file(ending: str = "wav") -> tuple[str, bytes]:
        data = io.BytesIO()
        soundfile.write(data, command, 16_000, format=ending.upper())
        return f"command.{ending}", data.getvalue()

    return file


def raw(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG_S)
    with closing(connection):
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_json_is_what_is_answered_by_default(api, sound):
    assert api.create(model="whisper-1", file=sound()).text == TEXT


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
def test_every_form_that_edged_reads_may_be_sent(api, sound, ending):
    assert api.create(model="selftest", file=sound(ending)).text == TEXT


def test_text_subtitles_and_times_come_in_their_forms(api, sound):
    assert api.create(model="selftest", file=sound(), response_format="text").strip() == TEXT
    srt = api.create(model="selftest", file=sound(), response_format="srt")
    assert srt.startswith("1\n00:00:0")
    assert " --> " in srt
    assert "," in srt.splitlines()[1]
    vtt = api.create(model="selftest", file=sound(), response_format="vtt")
    assert vtt.startswith("WEBVTT\n\n")
    assert "." in vtt.splitlines()[2]


def test_verbose_json_tells_the_length_of_the_sound_and_each_word(api, sound, command):
    answer = api.create(
        model="selftest",
        file=sound(),
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert answer.duration == pytest.approx(len(command) / 16_000, abs=0.01)
    assert [word.word for word in answer.words] == TEXT.split()
    assert all(0 <= word.start <= word.end <= answer.duration for word in answer.words)
    assert " ".join(segment.text for segment in answer.segments) == TEXT


def test_a_stream_ends_with_the_whole_text(api, sound):
    events = list(api.create(model="selftest", file=sound(), stream=True))
    assert "".join(event.delta for event in events if event.type == "transcript.text.delta") == TEXT
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == TEXT


def test_the_models_that_are_here_are_listed(port):
    with closing(openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="any")) as client:
        assert [model.id for model in client.models.list()] == ["selftest"]
        assert client.models.retrieve("selftest").id == "selftest"
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("gpt-4")


@pytest.mark.parametrize(
    ("kind", "asked", "sentence"),
    [
        (openai.NotFoundError, {"model": "gpt-4"}, "is not here"),
        (openai.BadRequestError, {"model": "selftest", "response_format": "xml"}, "is none of"),
        (openai.BadRequestError, {"model": "selftest", "file": ("a.wav", b"RIFF no sound")}, "a.wav"),
        (
            openai.BadRequestError,
            {"model": "selftest", "file": ("a.wav", b"")},
            "must provide a recording",
        ),
    ],
)
def test_what_cannot_be_done_is_the_error_that_the_client_knows(api, sound, kind, asked, sentence):
    with pytest.raises(kind) as refused:
        api.create(**{"file": sound(), **asked})
    assert sentence in refused.value.body["message"]


def test_a_recording_that_is_too_large_is_refused(api):
    with pytest.raises(openai.APIStatusError) as refused:
        api.create(model="selftest", file=("long.wav", bytes(9 * 10**6)))
    assert refused.value.status_code == 413
    assert refused.value.body["message"] == "the recording is larger than 8 MB"


def test_curl_as_the_documentation_has_it(port, sound, tmp_path):
    name, data = sound()
    (tmp_path / name).write_bytes(data)
    command = ["curl", "-s", f"http://127.0.0.1:{port}/v1/audio/transcriptions"]
    fields = ["-F", f"file=@{tmp_path / name}", "-F", "model=whisper-1"]
    done = subprocess.run([*command, *fields], capture_output=True, text=True, check=True, timeout=LONG_S)
    assert json.loads(done.stdout) == {"text": TEXT}


def test_it_says_how_it_is(port, door):
    assert raw(port, "GET", "/health") == (200, '{"status": "ok"}')
    assert raw(port, "GET", "/ready") == (200, '{"status": "ready"}')


BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{}", {"Content-Type": "application/json"}),
        (b"", BOUNDARY),
        (b"no boundary at all", BOUNDARY),
        (b"--x\r\n\r\nvalue\r\n--x--\r\n", BOUNDARY),
        (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n', BOUNDARY),
        (b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\n\xff\xfe\r\n--x--\r\n', BOUNDARY),
        (b'--x\r\nContent-Disposition: form-data; name="m"\r\n\r\n1\r\n' * 70 + b"--x--\r\n", BOUNDARY),
        (b"--x\r\n", {"Content-Type": "multipart/form-data"}),
    ],
)
def test_a_form_that_is_none_is_refused_in_words(port, body, headers):
    status, text = raw(port, "POST", "/v1/audio/transcriptions", body, **headers)
    assert status in (400, 404)
    error = json.loads(text)["error"]
    assert error["message"]
    assert "Traceback" not in text


def test_a_client_that_leaves_in_the_middle_leaves_no_file(port, loop, door, sound, recordings):
    _, data = sound()
    head = (
        b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    )
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port), LONG_S) as client:
            client.sendall(head + data[:30_000])

    upload = recordings.upload()

    def left() -> list[Path]:
        return [path for path in upload.path.parent.iterdir() if path.name not in ("lock", upload.path.name)]

    async def until_empty() -> None:
        while door.connections.count or left():
            await asyncio.sleep(0.01)

    loop.run(until_empty(), LONG_S)
    upload.close()


def test_a_recording_that_stops_to_come_is_not_waited_for(port):
    with socket.create_connection(("127.0.0.1", port), LONG_S) as client:
        client.sendall(
            b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF'
        )
        assert client.makefile("rb").readline().startswith(b"HTTP/1.1 408 ")

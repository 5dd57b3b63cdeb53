"""A whole edged as a satellite: its server gets what the microphone heard, and recognizes the same text."""

import asyncio
import contextlib
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop

from edged.geometry import HOP
from tests.daemon import DEMO, TEXT, start, write_config
from tests.serve.conftest import COMMAND_BEGINS
from tests.serve.wyoming.satellite.conftest import Assistant, assistant, kinds, play, sound

FORM = {"rate": 16_000, "width": 2, "channels": 1}
CONFIG = """
[[heads.word]]
name = "hey_jarvis"
[audio]
remove_dc = false
dither = false
[sinks.jsonl]
path = "-"
[serve.wyoming]
enabled = true
port = 0
satellite = true
satellite_port = 0
"""


@contextlib.contextmanager
def edged(config: Path) -> Iterator[tuple[subprocess.Popen, int, int]]:
    """One that hears what is written to it, and the ports of its satellite and its engines."""
    with start("run", "-c", config, "--source", "stdin:16000", "--no-show", stdin=subprocess.PIPE) as run:
        try:
            port, engines = (
                int(awaited(run.stderr, rf"wyoming: {what} on 127\.0\.0\.1 port (\d+)"))
                for what in ("is a satellite", "listens")
            )
            yield run, port, engines
        finally:
            run.terminate()


def test_the_server_gets_what_was_heard_and_recognizes_what_edged_recognizes(models, tmp_path):
    pcm, _ = soundfile.read(DEMO, dtype="int16")

    async def converse(run: subprocess.Popen, port: int, engines: int) -> None:
        async with assistant(port) as home:
            await home.begin()
            await asyncio.to_thread(speak, run, pcm)
            events = await home.until("streaming-stopped")
            assert kinds(events)[:2] == ["detection", "run-pipeline"]
            said = await asyncio.to_thread(told, run, "final")
            begin, end = said["listening"]["start_sample"], said["endpoint"]["sample"]
            assert begin < end <= len(pcm)
            assert sound(events) == pcm[begin:end].tobytes()
            assert said["final"]["text"] == TEXT  # edged's own recognizer heard it beside
            async with assistant(engines) as recognizer:  # an assistant with edged's own engine
                assert await text_of(recognizer, sound(events)) == TEXT
            await home.say(Transcribe(language="en"), Transcript(text=TEXT))
            assert await home.heard() == []
            assert (await asyncio.to_thread(told, run, "assistant"))["assistant"]["text"] == TEXT

    with edged(write_config(tmp_path / "edged.toml", models, CONFIG)) as (run, port, engines):
        play(converse(run, port, engines))


def test_without_a_recognizer_it_is_a_satellite_and_muted_it_sends_nothing(models, tmp_path):
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    path = tmp_path / "socket"
    more = f'[sinks.socket]\npath = "{path}"\n[recognize]\nenabled = false\n'
    spoken = COMMAND_BEGINS // HOP * HOP + 5 * HOP  # in the middle of the command

    async def converse(run: subprocess.Popen, port: int) -> None:
        async with assistant(port) as home:
            await home.begin()
            await asyncio.to_thread(speak, run, pcm[:spoken])
            events = await home.until("audio-chunk")
            await asyncio.to_thread(order, path, "mute")
            await asyncio.to_thread(speak, run, pcm[spoken:])
            events += await home.until("streaming-stopped")
            said = await asyncio.to_thread(told, run, "muted")
            begin, end = said["listening"]["start_sample"], said["muted"]["sample"]
            assert begin < end <= spoken
            assert pcm[begin:end].tobytes().startswith(sound(events))
            assert await home.heard() == []

    with edged(write_config(tmp_path / "edged.toml", models, CONFIG + more)) as (run, port, _):
        play(converse(run, port))


def speak(run: subprocess.Popen, pcm: np.ndarray) -> None:
    run.stdin.buffer.write(pcm.tobytes())
    run.stdin.buffer.flush()


def told(run: subprocess.Popen, last: str) -> dict[str, dict]:
    """The events from here to one of this name, by theirs."""
    events: dict[str, dict] = {}
    while last not in events:
        event = json.loads(run.stdout.readline())
        events[event["event"]] = event
    return events


def order(path: Path, what: str) -> None:
    """Give an order over the socket, and wait for its answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(f"{what}\n".encode())
        for line in client.makefile():
            if "reply" in json.loads(line):
                return


async def text_of(home: Assistant, audio: bytes) -> str:
    await home.say(Transcribe(), AudioStart(**FORM), AudioChunk(**FORM, audio=audio), AudioStop())
    return Transcript.from_event((await home.until("transcript"))[-1]).text


def awaited(lines, pattern: str) -> str:
    for line in lines:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(f"no {pattern}")

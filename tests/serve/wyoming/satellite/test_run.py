"""A whole edged as a satellite: its server gets what the microphone heard, and recognizes the same text."""

import asyncio
import json
import re
import subprocess

import numpy as np
import soundfile
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop

from tests.daemon import DEMO, TEXT, start, write_config
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
"""


def test_the_server_gets_what_was_heard_and_recognizes_what_edged_recognizes(models, tmp_path):
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    config = write_config(tmp_path / "edged.toml", models, CONFIG)
    with start("run", "-c", config, "--source", "stdin:16000", "--no-show", stdin=subprocess.PIPE) as edged:
        try:
            port = int(awaited(edged.stderr, r"wyoming: listens on 127\.0\.0\.1 port (\d+)"))
            play(converse(port, edged, pcm))
        finally:
            edged.terminate()


async def converse(port: int, edged: subprocess.Popen, pcm: np.ndarray) -> None:
    async with assistant(port) as home:
        await home.begin()
        await asyncio.to_thread(speak, edged, pcm)
        events = await home.until("streaming-stopped")
        assert kinds(events)[:2] == ["detection", "run-pipeline"]
        said = await asyncio.to_thread(told, edged)
        begin, end = said["listening"]["start_sample"], said["endpoint"]["sample"]
        assert begin < end <= len(pcm)
        assert sound(events) == pcm[begin:end].tobytes()
        assert said["final"]["text"] == TEXT  # edged's own recognizer heard it beside
        async with assistant(port) as recognizer:  # as Home Assistant does whose assistant has edged's engine
            assert await text_of(recognizer, sound(events)) == TEXT
        await home.say(Transcribe(language="en"), Transcript(text=TEXT))
        assert await home.heard() == []


def speak(edged: subprocess.Popen, pcm: np.ndarray) -> None:
    edged.stdin.buffer.write(pcm.tobytes())
    edged.stdin.buffer.flush()


def told(edged: subprocess.Popen) -> dict[str, dict]:
    """The events of the command, by name."""
    events: dict[str, dict] = {}
    while "final" not in events:
        event = json.loads(edged.stdout.readline())
        events[event["event"]] = event
    return events


async def text_of(home: Assistant, audio: bytes) -> str:
    await home.say(Transcribe(), AudioStart(**FORM), AudioChunk(**FORM, audio=audio), AudioStop())
    return Transcript.from_event((await home.until("transcript"))[-1]).text


def awaited(lines, pattern: str) -> str:
    for line in lines:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(f"no {pattern}")

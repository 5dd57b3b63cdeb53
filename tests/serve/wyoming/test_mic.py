"""Who only listens is sent the microphone's sound; nobody else is."""

import asyncio
import contextlib
import json
import re
import socket
import threading
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.wake import Detect, Detection

from edged.config.load import load
from edged.geometry import HOP
from edged.messages import Event, Frame, to_json
from edged.runtime.frame_taps import FrameTaps
from edged.runtime.pipeline import Pipeline
from edged.serve.wyoming.front_end import open_front_end
from tests.daemon import DEMO, start, write_config

LONG_S = 60
FORM = {"rate": 16_000, "width": 2, "channels": 1}


class Counted(FrameTaps):
    """Tells when somebody begins or ends to hear."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.changed = threading.Condition()

    def add(self, tap) -> None:
        super().add(tap)
        self._change(1)

    def remove(self, tap) -> None:
        super().remove(tap)
        self._change(-1)

    def _change(self, by: int) -> None:
        with self.changed:
            self.count += by
            self.changed.notify_all()

    def until(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.count == count, LONG_S)


@pytest.fixture
def heard() -> Counted:
    return Counted()


@pytest.fixture
def port(loop, door, heard):
    config = door.config
    wyoming = config.serve.wyoming.model_copy(update={"microphone": True})
    config = config.model_copy(update={"serve": config.serve.model_copy(update={"wyoming": wyoming})})
    front_end = open_front_end(replace(door, config=config, heard=heard))
    yield loop.run(front_end.start(), LONG_S)
    loop.run(front_end.stop(), LONG_S)
    heard.until(0)


def frames(pcm: np.ndarray) -> list[Frame]:
    return [Frame(at, pcm[at : at + HOP]) for at in range(0, len(pcm), HOP)]


def sound(seed: int, hops: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-30_000, 30_000, hops * HOP).astype(np.int16)


async def until(heard: Counted, count: int) -> None:
    await asyncio.to_thread(heard.until, count)


def test_who_asks_nothing_is_sent_what_is_heard_and_info_says_so(port, heard):
    pcm = sound(1, 20)

    async def hear() -> None:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await until(heard, 1)
            for frame in frames(pcm):
                heard.show(frame)
            begun = AudioStart.from_event(await client.read_event())
            assert (begun.rate, begun.width, begun.channels) == (16_000, 2, 1)
            chunks = [AudioChunk.from_event(await client.read_event()) for _ in frames(pcm)]
            assert b"".join(chunk.audio for chunk in chunks) == pcm.tobytes()
            assert [chunk.timestamp for chunk in chunks] == [80 * n for n in range(20)]
            await client.write_event(Describe().event())
            assert AudioStop.is_type((await client.read_event()).type)
            (mic,) = Info.from_event(await client.read_event()).mic
            assert (mic.mic_format.rate, mic.mic_format.width, mic.mic_format.channels) == (16_000, 2, 1)
            await until(heard, 0)

    asyncio.run(asyncio.wait_for(hear(), LONG_S))


def test_who_asks_anything_is_answered_and_sent_no_sound(port, heard):
    demo, _ = soundfile.read(DEMO, dtype="int16")

    async def ask() -> None:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Detect().event())
            async with AsyncTcpClient("127.0.0.1", port):
                await until(heard, 1)  # this one, half a second later
                for frame in frames(sound(2, 5)):
                    heard.show(frame)
            await client.write_event(AudioStart(**FORM).event())
            for at in range(0, len(demo), 1024):
                piece = demo[at : at + 1024].tobytes()
                await client.write_event(AudioChunk(**FORM, audio=piece).event())
            assert Detection.is_type((await client.read_event()).type)

    asyncio.run(asyncio.wait_for(ask(), LONG_S))


def test_who_reads_too_slowly_loses_the_oldest(port, heard, loop):
    last = 200

    async def hear() -> None:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await until(heard, 1)
            assert AudioStart.is_type((await client.read_event()).type)
            at_once = [Frame(n * HOP, sound(n, 1)) for n in range(last)]
            loop.run(show_all(at_once), LONG_S)  # on the loop, which sends nothing meanwhile
            stamps = [AudioChunk.from_event(await client.read_event()).timestamp for _ in range(25)]
            assert stamps == [80 * n for n in range(last - 25, last)]

    async def show_all(many: list[Frame]) -> None:
        for frame in many:
            heard.show(frame)

    asyncio.run(asyncio.wait_for(hear(), LONG_S))


def test_who_takes_nothing_is_let_go(port, heard, monkeypatch):
    monkeypatch.setattr("edged.serve.wyoming.wire.WRITE_S", 0.2)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        heard.until(1)
        one = frames(sound(3, 1))[0]
        with heard.changed:
            while heard.count:
                heard.show(one)
                heard.changed.wait(0.001)
        client.settimeout(LONG_S)
        with contextlib.suppress(ConnectionResetError):
            while client.recv(1 << 16):  # what was sent before, and then an end
                continue


def test_who_leaves_is_heard_of_no_more(port, heard):
    with socket.create_connection(("127.0.0.1", port), LONG_S):
        heard.until(1)
    heard.until(0)


@contextlib.contextmanager
def edged(*arguments, **options):
    process = start(*arguments, "--no-show", **options)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=LONG_S)


def awaited(lines, pattern: str) -> re.Match[str]:
    for line in lines:
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"no {pattern}")


def test_another_edged_hears_through_it_and_scores_the_same(models, tmp_path):
    """What is spoken goes on only as the other one has heard it, so that no pace can change the outcome."""
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    word = "[[heads.word]]\nname = 'hey_jarvis'\n[recognize]\nenabled = false\n"
    told = "[sinks.jsonl]\npath = '-'\nscores = true\n[audio]\nremove_dc = false\ndither = false\n"
    listens = write_config(tmp_path / "b.toml", models, word + told)
    alone = scores_alone(listens)
    mic = "[serve.wyoming]\nenabled = true\nport = 0\nmicrophone = true\n"
    speaks = write_config(tmp_path / "a.toml", models, word + mic)
    with edged("run", "-c", speaks, "--source", "stdin:16000", stdin=-1) as one:
        port = awaited(one.stderr, r"wyoming: listens on 127\.0\.0\.1 port (\d+)")[1]
        with edged("run", "-c", listens, "--source", f"wyoming:tcp://127.0.0.1:{port}") as other:
            awaited(one.stderr, "hears the microphone")
            scores = []
            for at in range(0, len(pcm) - HOP, HOP):
                one.stdin.buffer.write(pcm[at : at + HOP].tobytes())
                one.stdin.buffer.flush()
                scores.append(next(scores_of(other.stdout)))
    assert scores == alone[: len(scores)]
    assert max(score for each in scores for score in each.values()) > 0.9


def scores_alone(path) -> list:
    config = load(path).config
    config = config.model_copy(update={"audio": config.audio.model_copy(update={"source": f"wav:{DEMO}"})})
    told: list[Event] = []
    pipeline = Pipeline(config, fast=True, score_taps=[told.append])
    pipeline.start()
    assert pipeline.done.wait(LONG_S)
    pipeline.stop()
    return [to_json(event)["scores"] for event in told]


def scores_of(lines):
    for line in lines:
        event = json.loads(line)
        if event["event"] == "scores":
            yield event["scores"]

"""Home Assistant's own sequences, by the package it speaks with, through the port."""

import asyncio
import contextlib
import json
import logging
import socket

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.pipeline import PipelineStage, RunPipeline
from wyoming.satellite import PauseSatellite, RunSatellite
from wyoming.timer import TimerCancelled, TimerFinished, TimerStarted, TimerUpdated
from wyoming.tts import Synthesize
from wyoming.vad import VoiceStarted, VoiceStopped
from wyoming.wake import Detect, Detection

from edged.geometry import HOP
from edged.messages import Assistant, Endpoint, Listening, Muted, Timer, Unmuted
from edged.serve.wyoming.front_end import open_front_end
from tests.serve.box import with_satellite
from tests.serve.wyoming.satellite.conftest import LONG_S, assistant, kinds, play, sound

FORM = {"rate": 22_050, "width": 2, "channels": 1}
STREAM = ["detection", "run-pipeline", "streaming-started", "audio-start", "audio-chunk"]
END = ["audio-stop", "streaming-stopped"]


def test_it_says_that_it_is_a_satellite_on_a_port_that_is_nothing_else(port, engines):
    """Home Assistant looks for no engine where there is a satellite."""

    async def info_of(port: int) -> Info:
        async with assistant(port) as home:
            await home.say(Describe())
            return Info.from_event((await home.until("info"))[-1])

    async def ask() -> None:
        info = await info_of(engines)
        assert [program.name for program in (*info.wake, *info.asr)] == ["openwakeword", "edged"]
        assert info.satellite is None
        info = await info_of(port)
        assert (len(info.asr), [model.name for model in info.wake[0].models]) == (0, ["hey_jarvis"])
        satellite = info.satellite
        assert satellite is not None
        assert (satellite.name, satellite.area, satellite.installed) == ("Ear in the hall", "Hall", True)
        assert (satellite.has_vad, satellite.supports_trigger) == (True, False)
        assert (satellite.active_wake_words, satellite.max_active_wake_words) == (["hey_jarvis"], 1)

    play(ask())


def test_where_engines_are_there_is_no_satellite(engines, box):
    async def listen() -> None:
        async with assistant(engines) as home:
            await home.say(RunSatellite())
            box.wake(0)
            assert await home.heard() == []

    play(listen())


def test_a_satellite_that_finds_no_port_leaves_the_other_port_free(loop, door, box):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        front_end = open_front_end(with_satellite(door, box, satellite_port=number))
        with pytest.raises(OSError, match="in use"):
            loop.run(front_end.start(), LONG_S)
    assert not box.heard._taps


def test_a_command_is_sent_sample_by_sample_from_its_beginning_to_its_end_here(port, box):
    start = 5 * HOP + 123

    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            box.hear(hops=7)
            box.wake(start)
            box.hear(hops=20)
            box.end()
            box.hear(hops=3)
            events = await home.until("streaming-stopped")
            assert kinds(events) == [*STREAM, *END]
            detection = Detection.from_event(events[0])
            assert (detection.name, detection.timestamp) == ("hey_jarvis", 8 * 80)
            run = RunPipeline.from_event(events[1])
            assert (run.start_stage, run.end_stage) == (PipelineStage.ASR, PipelineStage.HANDLE)
            assert (run.restart_on_end, run.wake_word_name) == (False, "hey_jarvis")
            begun = AudioStart.from_event(events[3])
            assert (begun.rate, begun.width, begun.channels) == (16_000, 2, 1)
            assert begun.timestamp == start // 16
            assert sound(events) == box.pcm[start : 29 * HOP].tobytes()
            stamps = [AudioChunk.from_event(each).timestamp for each in events if each.type == "audio-chunk"]
            assert stamps == [start // 16, *range(6 * 80, 29 * 80, 80)]
            await home.say(Transcribe(language="en"), Transcript(text="turn on the light"))
            assert await home.heard() == []

    play(listen())


@pytest.mark.parametrize("last", [VoiceStopped(timestamp=1), Transcript(text="x"), Error(text="x", code="y")])
def test_the_server_ends_a_command_and_the_next_wake_word_begins_another(port, box, last):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            box.wake(0)
            await home.until("audio-chunk")
            await home.say(Transcribe(language="en"), VoiceStarted(timestamp=1), last)
            assert kinds(await home.until("streaming-stopped"))[-2:] == END
            box.hear(hops=3)
            box.end()
            assert await home.heard() == []
            box.wake(box.at)
            box.hear(hops=2)
            box.end()
            events = await home.until("streaming-stopped")
            assert kinds(events) == [*STREAM, *END]
            assert len(sound(events)) == 2 * 4 * HOP  # the frame of the wake word, two, and the last

    play(listen())


def test_the_whole_of_an_answer_is_taken_told_and_said_to_be_played(port, box, loop, door):
    """Home Assistant waits for `played`, and sends announcements whenever it likes."""

    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            await home.say(
                Detect(),
                Synthesize(text="Done"),
                AudioStart(**FORM, timestamp=0),
                AudioChunk(**FORM, audio=bytes(2048), timestamp=0),
                AudioStop(),
                TimerStarted(id="1", total_seconds=60, name="tea"),
                TimerUpdated(id="1", is_active=False, total_seconds=30),
                TimerCancelled(id="1"),
                TimerFinished(id="2"),
            )
            assert kinds(await home.heard()) == ["played"]

    said: list[Assistant] = []
    box.listen(lambda event: said.append(event.body))
    play(listen())
    loop.run(gone(door, box), LONG_S)
    assert said == [
        Assistant("connected"),
        Assistant("synthesize", "Done"),
        Assistant("tts-start"),
        Assistant("tts-stop"),
        Assistant("timer-started", timer=Timer("1", "tea", 60)),
        Assistant("timer-updated", timer=Timer("1", None, 30, running=False)),
        Assistant("timer-cancelled", timer=Timer("1", running=False)),
        Assistant("timer-finished", timer=Timer("2", running=False)),
        Assistant("disconnected"),
    ]


@pytest.mark.parametrize(
    ("stage", "more"), [(stage, {"end_stage": stage}) for stage in ("asr", "handle", "tts")]
)
def test_what_is_done_with_a_command_in_the_end_is_what_was_configured(port, box, stage):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            box.wake(0)
            run = RunPipeline.from_event((await home.until("run-pipeline"))[-1])
            assert run.end_stage == stage

    play(listen())


def test_a_command_that_was_asked_for_has_no_wake_word(port, box):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            box.number = 1
            box.hear(Listening(0, "trigger"))
            events = await home.until("audio-chunk")
            assert kinds(events) == STREAM[1:]
            assert RunPipeline.from_event(events[0]).wake_word_name is None

    play(listen())


def test_while_it_is_paused_or_before_it_runs_nothing_is_said_and_nothing_sent(port, box):
    async def listen() -> None:
        async with assistant(port) as home:
            assert await home.heard() == []
            box.wake(0)
            box.hear(hops=2)
            await home.begin()  # in the middle of a command that nobody waited for
            box.hear(hops=2)
            box.end()
            assert await home.heard() == []
            box.wake(box.at)
            await home.until("audio-chunk")
            await home.say(PauseSatellite())
            assert kinds(await home.until("streaming-stopped"))[-2:] == END
            box.hear(hops=5)
            box.end()
            box.wake(box.at)
            box.hear(hops=2)
            assert await home.heard() == []
            await home.say(RunSatellite())
            box.hear(hops=2)
            box.end()
            assert await home.heard() == []
            box.wake(box.at)
            assert kinds(await home.until("audio-chunk")) == STREAM

    play(listen())


def test_a_wake_word_that_begins_anew_ends_the_one_before(port, box):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            box.wake(0)
            await home.until("audio-chunk")
            box.say(Endpoint("restarted_by_wake"), HOP)
            box.wake(box.at)
            box.hear()
            assert kinds(await home.until("streaming-started"))[-4:] == [*END[1:], *STREAM[:3]]

    play(listen())


def test_once_muted_no_sound_goes_out_not_even_what_waits(port, box, loop):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            box.wake(0)
            await home.until("audio-chunk")
            loop.run(mute(), LONG_S)
            events = await home.until("streaming-stopped")
            assert kinds(events) == END
            box.say(Unmuted("socket"))
            box.hear(hops=3)
            assert await home.heard() == []

    async def mute() -> None:
        """On the loop, which sends nothing meanwhile."""
        box.hear(hops=20)
        box.say(Endpoint("muted"))
        box.say(Muted("socket"))

    play(listen())


def test_a_second_server_is_refused_in_words_and_gets_it_when_the_first_has_left(port, box):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            async with assistant(port) as other:
                await other.say(RunSatellite())
                refused = Error.from_event(await other.read())
                assert refused.code == "busy"
                assert "127.0.0.1" in refused.text
                assert await other.read() is None
            box.wake(0)
            assert kinds(await home.until("audio-chunk")) == STREAM
        while not await is_owner():
            continue  # the first is just leaving

    async def is_owner() -> bool:
        async with assistant(port) as other:
            await other.say(RunSatellite(), Ping(text="now"))
            if (await other.read()).type != "pong":
                return False
            box.wake(box.at)
            assert kinds(await other.until("audio-chunk")) == STREAM
            return True

    play(listen())


def test_a_server_that_shows_no_life_is_let_go(port, box, loop, door, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("edged.serve.wyoming.satellite.pulse.PING_S", 0.05)
    monkeypatch.setattr("edged.serve.wyoming.satellite.pulse.PONG_S", 0.2)

    async def listen() -> None:
        async with assistant(port) as home:
            await home.say(RunSatellite(), Ping())
            with contextlib.suppress(ConnectionResetError):
                while (event := await home.client.read_event()) is not None:  # it answers no question
                    assert event.type in ("ping", "pong")
            await asyncio.to_thread(loop.run, gone(door, box), LONG_S)  # while this end is open

    play(listen())
    assert any("shows no life" in record.getMessage() for record in caplog.records)


def test_a_server_that_never_asks_nor_answers_need_only_say_something(port, box, monkeypatch):
    monkeypatch.setattr("edged.serve.wyoming.satellite.pulse.PING_S", 0.01)
    monkeypatch.setattr("edged.serve.wyoming.satellite.pulse.PONG_S", 0.01)

    async def listen() -> None:
        async with assistant(port) as home:
            await home.say(RunSatellite())
            for _ in range(5):
                while not Ping.is_type((event := await home.client.read_event()).type):
                    assert Info.is_type(event.type)
                await home.say(Describe())
            box.wake(0)
            while (event := await home.client.read_event()).type != "audio-chunk":
                assert event.type in ("ping", "info", *STREAM)

    play(listen())


def test_a_server_that_asks_and_answers_stays(port, box, monkeypatch):
    monkeypatch.setattr("edged.serve.wyoming.satellite.pulse.PING_S", 0.01)

    async def listen() -> None:
        async with assistant(port) as home:
            await home.say(RunSatellite())
            for _ in range(20):
                event = await home.client.read_event()
                assert Ping.is_type(event.type)
                await home.say(Pong())
            box.wake(0)
            assert kinds(await home.until("audio-chunk")) == STREAM

    play(listen())


def test_who_reads_too_slowly_loses_the_oldest_sound_and_is_told_of_in_the_log(port, box, loop, caplog):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            loop.run(say_it(), LONG_S)
            events = await home.until("streaming-stopped")
            assert kinds(events) == [*STREAM, *END]
            assert sound(events) == box.pcm[-125 * HOP :].tobytes()

    async def say_it() -> None:
        """On the loop, which sends nothing meanwhile: 24 s."""
        box.wake(0)
        box.hear(hops=299)
        box.end()

    play(listen())
    (warning,) = [record.getMessage() for record in caplog.records if "too late" in record.getMessage()]
    assert "14.08 s" in warning


def test_who_takes_nothing_is_let_go_and_the_path_goes_on(port, box, loop, monkeypatch):
    monkeypatch.setattr("edged.serve.wyoming.wire.WRITE_S", 0.2)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(b'{"type": "run-satellite"}\n{"type": "ping", "data": {"text": "now"}}\n')
        reader = client.makefile("rb")
        while json.loads(line := reader.readline())["type"] != "pong":
            reader.read(json.loads(line).get("data_length", 0))
        box.wake(0)
        while tasks := loop.run(satellites(), LONG_S):
            box.hear(hops=10)
            loop.run(asyncio.wait(tasks, timeout=0.001), LONG_S)
        client.settimeout(LONG_S)
        with contextlib.suppress(ConnectionResetError):
            while client.recv(1 << 16):
                continue


async def gone(door, box) -> None:
    """Wait until nobody is connected, while the path goes on."""
    async with asyncio.timeout(LONG_S):
        while await satellites() or door.connections.count:
            box.hear()
            await asyncio.sleep(0.01)


async def satellites() -> list[asyncio.Task]:
    return [task for task in asyncio.all_tasks() if task.get_name().startswith("wyoming satellite")]


@pytest.mark.parametrize("way", ["closes", "is torn off"])
def test_who_leaves_in_the_middle_leaves_nothing_behind(port, box, loop, door, way):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            box.wake(0)
            await home.until("audio-chunk")
            if way == "is torn off":
                home.client._writer.transport.abort()

    play(listen())
    loop.run(gone(door, box), LONG_S)


def test_a_satellite_that_ends_hears_nothing_more(loop, front_end, box):
    loop.run(front_end.start(), LONG_S)
    assert box.heard._taps
    loop.run(front_end.stop(), LONG_S)
    assert not box.heard._taps
    box.wake(0)


@pytest.mark.parametrize(
    "said",
    [
        b'{"type": "audio-chunk"}\n',
        b'{"type": "transcript", "data": {"text": [1, {}]}}\n',
        b'{"type": "error", "data": {"text": null, "code": {}}}\n',
        b'{"type": "timer-finished"}\n{"type": "synthesize", "data": {"text": 7}}\n',
        b'{"type": "audio-stop"}\n{"type": "voice-stopped", "data": {"timestamp": "x"}}\n{"type": "pong"}\n',
        b'{"type": "run-satellite"}\n{"type": "pause-satellite"}\n{"type": "run-satellite"}\n',
        b'{"type": "transcribe", "data": {"language": 7}}\n{"type": "detect", "data": {"names": 7}}\n',
    ],
)
def test_what_is_strange_or_out_of_order_does_no_harm(port, box, said):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            home.client._writer.write(said)
            await home.heard()
            box.wake(box.at)
            box.hear()
            assert kinds(await home.until("audio-chunk")) == STREAM

    play(listen())


def test_nonsense_is_answered_in_words_and_the_satellite_is_free_again(port, box):
    async def listen() -> None:
        async with assistant(port) as home:
            await home.begin()
            home.client._writer.write(b"nonsense\n")
            assert Error.from_event((await home.until("error"))[-1]).code == "bad-event"
            async with assistant(port) as other:
                await other.begin()

    play(listen())

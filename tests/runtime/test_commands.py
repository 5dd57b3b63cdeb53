"""Commands get their text, their cost and their reason, whatever the recognizer answers."""

import numpy as np
import pytest

from edged.geometry import HOP
from edged.messages import Body, Endpoint, Fallback, Final, Lost, Recovered, Restarted, Transcript
from edged.runtime.commands import Commands
from edged.runtime.meter import Meter
from edged.runtime.timing import StageTimes
from edged.stages.recognize import recognizer as recognizing
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.recognizer import Capabilities
from edged.telemetry.sample import Sampler
from tests.machines import put


class Heard:
    """Collects what was said."""

    def __init__(self) -> None:
        self.events: list[tuple[int | None, int, Body]] = []
        self.answered: list[int] = []

    def emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        assert stream == "wav"
        self.events.append((utterance, sample, body))

    def of(self, kind: type) -> list:
        return [body for _, _, body in self.events if isinstance(body, kind)]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def commands(heard) -> Commands:
    times = StageTimes()
    times.add("features", 0.0004)
    commands = Commands("wav", heard.emit, times, heard.answered.append)
    commands.attach(FakeRecognizer(commands.replied))
    return commands


def speak(commands: Commands, hops: int = 10) -> None:
    commands.announce()
    commands.open(start=16_000, now=20_000)
    for _ in range(hops):
        commands.accept(np.ones(HOP, np.int16))


def test_a_command_is_announced_followed_and_answered_in_order(commands, heard):
    speak(commands)
    commands.end("silence", 30_000)
    assert [body.NAME for _, _, body in heard.events] == ["listening", "endpoint", "partial", "final"]
    assert {utterance for utterance, _, _ in heard.events} == {1}
    assert heard.answered == [1]


def test_a_final_carries_every_metric(commands, heard):
    speak(commands)
    commands.end("silence", 30_000)
    (final,) = heard.of(Final)
    metrics = final.metrics
    assert metrics.audio_duration == pytest.approx(0.8)
    assert metrics.rtf == pytest.approx(metrics.processing_time / metrics.audio_duration)
    assert (metrics.backend, metrics.device, metrics.gpu_memory_gb) == ("cpu", "cpu", None)
    assert metrics.stages_ms == {"features": 0.4}
    assert metrics.latency_ms >= 0


def test_the_recognizer_is_asked_even_where_nobody_seemed_to_speak(commands, heard):
    speak(commands)
    commands.end("no_speech", 30_000)
    assert heard.of(Endpoint) == [Endpoint("no_speech")]
    assert len(heard.of(Final)) == 1


def test_without_a_recognizer_a_command_is_only_delimited(heard):
    commands = Commands("wav", heard.emit, StageTimes(), heard.answered.append)
    speak(commands)
    commands.end("silence", 30_000)
    assert heard.of(Endpoint) == [Endpoint("silence")]
    assert heard.of(Final) == []
    assert heard.answered == [1]


def test_a_lost_command_is_said_once_with_its_reason(commands, heard):
    speak(commands)
    commands.replied(recognizing.Restarted("signal 9"))
    commands.replied(recognizing.Lost(1, "died twice"))
    assert heard.of(Restarted) == [Restarted("recognize", "signal 9")]
    assert heard.of(Lost) == [Lost("died twice")]
    assert heard.answered == [1]


def test_text_that_comes_during_the_next_command_belongs_to_its_own(heard):
    replies = []
    commands = Commands("wav", heard.emit, StageTimes())
    commands.attach(FakeRecognizer(replies.append))
    for end in (30_000, 60_000):
        speak(commands)
        commands.end("silence", end)
    for reply in replies:
        commands.replied(reply)
    finals = [(utterance, sample) for utterance, sample, body in heard.events if isinstance(body, Final)]
    assert finals == [(1, 30_000), (2, 60_000)]


@pytest.mark.parametrize(("worse", "kind"), [(True, Fallback), (False, Recovered)])
def test_another_recognizer_is_an_event_of_its_stage(commands, heard, worse, kind):
    commands.replied(recognizing.Switched("cpu", "small", "91 °C", worse))
    assert heard.of(kind) == [kind("recognize", "cpu", "small", "91 °C")]


def test_the_metrics_tell_who_answered_and_not_who_is_asked_now(commands, heard):
    speak(commands)
    ran = Capabilities("base", "wyoming", "offline", words=False, provider="wyoming", device="attic:10300")
    commands.replied(recognizing.Final(1, Transcript("hello"), 0.0, 1.0, ran))
    (final,) = heard.of(Final)
    told = final.metrics
    assert (told.backend, told.device, told.model) == ("wyoming", "attic:10300", "base")


class Silent(FakeRecognizer):
    """A recognizer that never answers, as one that hangs."""

    def finish(self, utterance: int) -> None:
        self.open.discard(utterance)

    def drain(self, timeout_s: float) -> bool:
        return False


def test_a_command_without_text_at_the_end_of_the_run_is_said_to_be_lost(heard):
    commands = Commands("wav", heard.emit, StageTimes(), heard.answered.append)
    commands.attach(Silent(commands.replied))
    speak(commands)
    commands.end("silence", 30_000)
    commands.finish(timeout_s=0.5)
    assert heard.of(Lost) == [Lost("no text within 0.5 s of the end of the run")]
    assert heard.answered == [1]


def test_a_final_tells_its_energy_where_the_machine_does(heard, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    put(tmp_path, "/sys/class/hwmon/hwmon0/name", "ina226\n")
    put(tmp_path, "/sys/class/hwmon/hwmon0/power1_input", "4000000\n")
    clock = iter([10.0, 11.5])
    meter = Meter(StageTimes(), clock=lambda: next(clock))
    meter.see(Sampler().take(9.0))
    commands = Commands("wav", heard.emit, StageTimes(), meter=meter)
    commands.attach(FakeRecognizer(commands.replied))
    speak(commands)
    commands.end("silence", 30_000)
    (final,) = heard.of(Final)
    assert (final.metrics.energy_j, final.metrics.energy_source) == (6.0, "sensor")
    assert not meter.listening


def test_without_a_meter_no_energy_is_told(commands, heard):
    speak(commands)
    commands.end("silence", 30_000)
    (final,) = heard.of(Final)
    assert (final.metrics.energy_j, final.metrics.energy_source) == (None, None)


@pytest.mark.parametrize("recognizes", [True, False])
def test_a_command_that_got_no_text_is_no_longer_metered(heard, recognizes):
    meter = Meter(StageTimes())
    commands = Commands("wav", heard.emit, StageTimes(), meter=meter)
    if recognizes:
        commands.attach(Silent(commands.replied))
    speak(commands)
    assert meter.listening
    commands.end("silence", 30_000)
    commands.finish(timeout_s=0.5)
    assert not meter.listening

"""What every live source promises, whatever its sound comes from; see `edged.stages.audio.source.Source`."""

import contextlib
import json
import os
import socket
import threading
import time

import numpy as np
import pytest

from edged.errors import AudioDeviceLost, ConfigError
from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.open import open_source
from edged.stages.audio.source import NO_FLOW_S
from tests.stages.audio.live_sources import (
    arecord,
    children,
    descriptors,
    ramp,
    service,
    sounddevice,
    until_left,
)

HOPS = 4
SOUND = ramp(HOPS * HOP).tobytes()
KINDS = ("arecord", "mic", "wyoming")


def event(payload: bytes) -> bytes:
    form = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}
    return (
        json.dumps({"type": "audio-chunk", "data": form, "payload_length": len(payload)}).encode()
        + b"\n"
        + payload
    )


class Machine:
    """Where a source of each kind is, that sends `SOUND` and then falls silent or goes away."""

    def __init__(self, folder, monkeypatch, stack):
        self.folder, self.monkeypatch, self.stack = folder, monkeypatch, stack

    def spec(self, kind: str, sound: bytes = SOUND, goes: bool = False) -> str:
        return getattr(self, kind)(sound, goes)

    def arecord(self, sound, goes):
        folder = arecord(self.folder / "bin", "exit 1" if goes else "exec sleep 60", sound=sound)
        self.monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return "arecord:hw:0"

    def mic(self, sound, goes):
        folder = sounddevice(self.folder / "lib", "os._exit(1)" if goes else "time.sleep(60)", sound=sound)
        self.monkeypatch.setenv("PYTHONPATH", str(folder))
        return "mic:told"

    def wyoming(self, sound, goes):
        def serve(visitor: socket.socket) -> None:
            if sound:
                visitor.sendall(event(sound))
            if not goes:
                until_left(visitor)

        return f"wyoming:{self.stack.enter_context(service(serve))}"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    with contextlib.ExitStack() as stack:
        yield Machine(tmp_path, monkeypatch, stack)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@contextlib.contextmanager
def opened(spec: str, intake: Intake = AS_IT_IS):
    source = open_source(spec, intake)
    try:
        yield source
    finally:
        source.close()


def test_it_is_live_is_called_mic_and_knows_its_rate(machine, kind):
    with opened(machine.spec(kind)) as source:
        assert (source.name, source.live, source.rate, source.xruns) == ("mic", True, SAMPLE_RATE, 0)


def test_frames_are_whole_hops_in_a_row_bit_for_bit(machine, kind):
    with opened(machine.spec(kind)) as source:
        frames = [source.read() for _ in range(HOPS)]
    assert [frame.start for frame in frames] == [0, HOP, 2 * HOP, 3 * HOP]
    assert all(frame.pcm.dtype == np.int16 for frame in frames)
    assert np.concatenate([frame.pcm for frame in frames]).tobytes() == SOUND


def test_gain_is_applied(machine, kind):
    with opened(machine.spec(kind), Intake(gain_db=20.0)) as source:
        assert source.read().pcm[:4].tolist() == [0, 10, 20, 30]


def test_a_silent_one_is_lost_in_the_time_promised(machine, kind):
    with opened(machine.spec(kind)) as source:
        for _ in range(HOPS):
            source.read()
        began = time.monotonic()
        with pytest.raises(AudioDeviceLost, match="no sound for 1 s"):
            source.read()
        assert time.monotonic() - began >= 0.9 * NO_FLOW_S


def test_one_that_goes_away_is_lost_after_its_last_frame(machine, kind):
    with opened(machine.spec(kind, goes=True)) as source:
        assert [source.read().start for _ in range(HOPS)] == [0, HOP, 2 * HOP, 3 * HOP]
        with pytest.raises(AudioDeviceLost) as caught:
            source.read()
    assert "\n" not in str(caught.value)


def test_one_that_goes_away_at_once_cannot_be_opened(machine, kind):
    spec = machine.spec(kind, sound=b"", goes=True)
    with pytest.raises(AudioDeviceLost, match=f"^{kind}:"):
        open_source(spec)


def test_it_can_be_opened_again_after_it_was_lost(machine, kind):
    spec = machine.spec(kind, goes=True)
    for _ in range(2):
        with opened(spec) as source, pytest.raises(AudioDeviceLost):
            while True:
                source.read()


def test_a_channel_that_is_not_there_is_refused_for_ever(machine, kind):
    with pytest.raises(ConfigError, match="channel 7 asked for, but it has 1, counted from 0"):
        open_source(machine.spec(kind), Intake(channel=7))


def test_another_thread_ends_a_read_that_waits(machine, kind):
    with opened(machine.spec(kind)) as source:
        for _ in range(HOPS):
            source.read()
        answers = []
        reader = threading.Thread(target=lambda: answers.append(source.read()))
        reader.start()
        source.interrupt()
        reader.join(10)
        assert answers == [None]
        source.interrupt()
        assert source.read() is None


def test_closed_it_delivers_nothing_and_leaves_nothing_behind(machine, kind):
    spec = machine.spec(kind)
    before = children()
    with opened(spec):
        pass  # what is loaded once stays open
    files = descriptors()
    for _ in range(3):
        source = open_source(spec)
        assert source.read() is not None
        source.close()
        source.close()
        assert source.read() is None
        source.interrupt()
    assert children() == before
    assert descriptors() <= files + (kind == "wyoming")  # the service may not have noticed yet


def test_one_that_cannot_be_opened_leaves_nothing_behind(machine, kind):
    spec = machine.spec(kind, sound=b"", goes=True)
    before, files = children(), 0
    for attempt in range(4):
        with pytest.raises(AudioDeviceLost):
            open_source(spec)
        files = files if attempt else descriptors()
    assert children() == before
    assert descriptors() <= files + (kind == "wyoming")

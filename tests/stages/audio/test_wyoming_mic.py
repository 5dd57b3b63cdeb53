"""A Wyoming microphone service is heard whatever form its sound has; all else ends in a sentence."""

import json
import socket

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event, write_event
from wyoming.ping import Ping

from edged.errors import AudioDeviceLost, ConfigError
from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.live import Live
from edged.stages.audio.open import open_source
from edged.stages.audio.spec import WyomingSpec
from edged.stages.audio.wyoming_mic import WyomingMic
from tests.stages.audio.live_sources import ramp, service, until_left

FORM = {"rate": 16_000, "width": 2, "channels": 1}


def send(visitor: socket.socket, *events: Event | bytes) -> None:
    with visitor.makefile("wb") as out:
        for event in events:
            if isinstance(event, bytes):
                out.write(event)
            else:
                write_event(event, out)


def chunk(samples: np.ndarray, rate: int = SAMPLE_RATE, width: int = 2, channels: int = 1) -> Event:
    form = {"rate": rate, "width": width, "channels": channels, "timestamp": 12}
    return Event("audio-chunk", form, samples.tobytes())


def sending(*events: Event | bytes, stay: bool = True):
    def serve(visitor: socket.socket) -> None:
        send(visitor, *events)
        if stay:
            until_left(visitor)

    return service(serve)


def hears(uri: str, frames: int, intake: Intake = AS_IT_IS) -> np.ndarray:
    source = open_source(f"wyoming:{uri}", intake)
    try:
        return np.concatenate([source.read().pcm for _ in range(frames)])
    finally:
        source.close()


def refused(uri: str, kind: type[Exception] = AudioDeviceLost) -> str:
    with pytest.raises(kind) as caught:
        hears(uri, 1)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_sound_comes_bit_for_bit_however_it_is_cut_and_other_events_are_passed_over():
    sound = ramp(3 * HOP)
    events = [chunk(piece) for piece in np.split(sound, [1, 700, 701, 3000])]
    start = Event("audio-start", FORM)
    with sending(start, *events[:2], Ping().event(), Event("audio-stop"), *events[2:]) as uri:
        assert np.array_equal(hears(uri, 3), sound)


@pytest.mark.parametrize(("width", "shift"), [(3, 8), (4, 16)])
def test_wider_samples_and_more_channels_are_understood(width, shift):
    both = np.stack([ramp(HOP), np.full(HOP, 7)], axis=1).astype("<i4") << shift
    data = both.tobytes() if width == 4 else both.reshape(-1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    with sending(chunk(np.frombuffer(data, np.uint8), width=width, channels=2)) as uri:
        assert np.array_equal(hears(uri, 1, Intake(channel=0)), ramp(HOP))


def test_another_rate_is_resampled():
    tone = (8000 * np.sin(2 * np.pi * 1000 * np.arange(48_000) / 48_000)).astype("<i2")
    with sending(chunk(tone, rate=48_000)) as uri:
        heard = hears(uri, 10)
    assert np.count_nonzero(np.diff(np.signbit(heard[1000:]))) == pytest.approx(
        2 * (len(heard) - 1000) / 16, abs=3
    )


def test_a_service_on_a_unix_socket_is_heard(tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "mic"))
        listener.listen()
        feed = WyomingMic(WyomingSpec(path=str(tmp_path / "mic")))
        visitor, _ = listener.accept()
        with visitor:
            send(visitor, chunk(ramp(HOP)))
            source = Live(feed, AS_IT_IS)
            assert source.read().pcm.tolist() == ramp(HOP).tolist()
            source.close()


def test_a_service_that_dies_in_mid_stream_is_lost():
    with sending(chunk(ramp(HOP)), b'{"type": "audio-chunk", "data_len', stay=False) as uri:
        source = open_source(f"wyoming:{uri}")
        assert source.read() is not None
        with pytest.raises(AudioDeviceLost, match=rf"^wyoming:{uri}: the service closed the connection$"):
            source.read()
        source.close()


def test_a_service_that_falls_silent_is_lost():
    with sending(chunk(ramp(HOP)), b'{"type"') as uri:
        host, port = uri.removeprefix("tcp://").split(":")
        source = Live(WyomingMic(WyomingSpec(host=host, port=int(port))), AS_IT_IS, no_flow_s=0.4)
        assert source.read() is not None
        with pytest.raises(AudioDeviceLost, match=r": no sound for 0\.4 s; "):
            source.read()
        source.close()


def header(**data) -> bytes:
    return json.dumps(data).encode() + b"\n"


def sound(**form) -> bytes:
    return header(type="audio-chunk", data=FORM | form)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "sent an event that is none"),
        (b"\xff\xfe\n", "sent an event that is none"),
        (b"[]\n", "sent an event that is none"),
        (b"7\n", "sent an event that is none"),
        (b"[" * 60_000 + b"\n", "sent an event that is none"),
        (b"x" * 200_000, "sent an event that is none"),
        (header(kind="audio-chunk"), "sent an event that is none"),
        (header(type="audio-chunk", data_length="5"), "sent an event that is none"),
        (header(type="audio-chunk", data=[], data_length=2) + b"{}", "sent an event that is none"),
        (header(type="audio-chunk", payload_length=10**12), "sent an event that is none"),
        (header(type="audio-chunk", payload_length=1.5) + b"123", "sent an event that is none"),
        (header(type="audio-chunk", data=[]), "sent an event that is none"),
        (header(type="audio-chunk"), "sent sound without rate, width and channels"),
        (sound(rate=True), "sent sound without rate, width and channels"),
        (sound(rate=10**9), "sent sound of 1 channels at 1000000000 samples"),
        (sound(channels=0), "sent sound of 0 channels at 16000 samples"),
        (sound(width=1), "sent samples of 1 bytes; 2, 3 or 4 can be read"),
        (header(type="audio-chunk", data=FORM, payload_length=3) + b"123", "ends in the middle of a sample"),
    ],
)
def test_a_service_that_speaks_another_language_is_told_so(sent, sentence):
    with sending(sent) as uri:
        assert sentence in refused(uri)


@given(st.lists(st.binary(max_size=200) | st.builds(header, type=st.just("audio-chunk"), data=st.just(FORM))))
def test_whatever_is_sent_ends_in_sound_or_in_one_sentence(sent):
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    feed = WyomingMic(WyomingSpec(path="-"), connect=lambda _: ours)
    theirs.sendall(b"".join(sent))
    theirs.close()
    with pytest.raises(AudioDeviceLost, match=r"^wyoming:unix://-: "):
        for _ in range(len(sent) + 1):
            feed.receive(10)
    feed.close()


def test_nobody_there_may_come():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "connection refused; is the microphone service running?" in refused(f"tcp://127.0.0.1:{port}")
    assert "no such file or directory" in refused("unix:///nowhere/mic.sock")
    assert "is the microphone service running?" in refused("tcp://nowhere.invalid:1")
    assert "is the microphone service running?" in refused(f"unix:///{'x' * 300}")


def test_a_channel_that_it_does_not_send_is_refused_for_ever():
    with (
        sending(chunk(ramp(HOP))) as uri,
        pytest.raises(ConfigError, match="channel 3 asked for, but it has 1"),
    ):
        open_source(f"wyoming:{uri}", Intake(channel=3))

"""A microphone is heard through PortAudio, whose crashes and hangs are those of another process."""

import ctypes.util
import dataclasses
import os
import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import AudioDeviceLost, ConfigError
from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.audio.convert import Converter
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.live import Live
from edged.stages.audio.microphone import Microphone
from edged.stages.audio.open import open_source
from edged.stages.audio.portaudio import Unfit, channels_of, choose, lost_since
from tests.stages.audio.live_sources import alsa_microphone, device, program, ramp, sounddevice
from tests.stages.audio.sound_cards import CODEC, HDMI_IN, USB, plug, write

CODEC_NAME = "rockchip,es8388: dailink-multicodecs ES8323 HiFi-0 (hw:1,0)"
USB_NAME = "USB Audio Device: - (hw:2,0)"


@pytest.fixture
def driver(tmp_path, monkeypatch):
    def put(**told):
        monkeypatch.setenv("PYTHONPATH", str(sounddevice(tmp_path / "driver", **told)))

    return put


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path / "machine"))
    return tmp_path / "machine"


def refused(spec, intake=AS_IT_IS):
    with pytest.raises((AudioDeviceLost, ConfigError)) as caught:
        open_source(spec, intake)
    assert "\n" not in str(caught.value)
    return caught.value


def test_sound_comes_bit_for_bit_from_a_microphone_of_16_khz(driver):
    driver(sound=ramp(5 * HOP).tobytes())
    source = open_source("mic:told")
    heard = [source.read() for _ in range(5)]
    source.close()
    assert np.array_equal(np.concatenate([frame.pcm for frame in heard]), ramp(5 * HOP))
    assert (source.name, source.live, source.rate, source.xruns) == ("mic", True, SAMPLE_RATE, 0)


def test_the_card_of_the_moment_is_opened_with_all_its_channels(driver, machine):
    sound = np.stack([ramp(HOP), -ramp(HOP)], axis=1).astype("<i2")
    devices = [device("HDMI (hw:0,0)", 0), device(CODEC_NAME, 1), device(USB_NAME, 2, channels=2)]
    driver(sound=sound.tobytes(), devices=devices, open="assert (device, channels) == (2, 2)")
    plug(machine, HDMI_IN, CODEC, USB)
    source = open_source("mic:", Intake(channel=1, microphones=("rockchipes8388",)))
    assert np.array_equal(source.read().pcm, -ramp(HOP))
    source.close()


def test_the_rate_is_one_that_the_card_has(driver):
    driver(sound=bytes(99_999), rates=(44_100, 8_000))
    source = open_source("mic:told")
    assert source.rate == 44_100
    source.close()


def test_a_card_without_any_usual_rate_is_opened_at_its_own(driver):
    driver(sound=bytes(99_999), devices=[device("told", 0, rate=22_050.0)], rates=(22_050,))
    source = open_source("mic:told")
    assert source.rate == 22_050
    source.close()


def test_an_overflow_is_a_loss_in_the_index(driver):
    driver(sound=ramp(4 * HOP).tobytes(), overflowed="self.left.tell() == 2 * 2560")
    source = open_source("mic:told")
    frames = [source.read() for _ in range(3)]
    source.close()
    assert source.xruns == 1
    assert frames[-1].start > 2 * HOP


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            {"open": "raise PortAudioError('Device unavailable [PaErrorCode -9985]')"},
            "in use by another program;",
        ),
        ({"rates": ()}, "mic:told: Invalid sample rate [PaErrorCode -9997]; see `edged devices`"),
        ({"start": "raise RuntimeError('no luck')"}, "mic:told: RuntimeError: no luck; see `edged devices`"),
        ({"devices": []}, "mic:told: not there; see `edged devices` (PortAudio offers nothing)"),
        (
            {"devices": [device("told a", 0), device("Told b", 1)]},
            "mic:told means several of PortAudio's microphones: told a, Told b; say the whole name of one",
        ),
        ({"start": "os.abort()"}, "mic:told: PortAudio's process was ended by SIGABRT; see"),
        ({"devices": [], "start": "os.write(1, b'x' * 9999)"}, "mic:told: not there; see"),
    ],
)
def test_what_portaudio_cannot_do_is_one_sentence(driver, told, sentence):
    driver(**({"devices": [device("told", 0)]} | told))
    problem = refused("mic:told")
    assert isinstance(problem, AudioDeviceLost)
    assert sentence in str(problem)


def test_a_process_that_ends_is_a_microphone_that_went_away(driver):
    driver(sound=ramp(HOP - 1).tobytes(), then="sys.exit(3)")
    source = open_source("mic:told")
    with pytest.raises(AudioDeviceLost, match=r"^mic:told: PortAudio's process ended with status 3; see "):
        source.read()
    source.close()


def test_an_absent_portaudio_names_the_package(tmp_path, monkeypatch):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    problem = refused("mic:told")
    assert isinstance(problem, ConfigError)
    assert str(problem).startswith(
        "mic:told: PortAudio library not found: pip install sounddevice, apt install libp"
    )


def test_a_busy_card_names_its_holder_before_portaudio_is_asked(machine):
    plug(machine, dataclasses.replace(USB, owner=77))
    write(machine, "proc/77/comm", "arecord\n")
    assert str(refused("mic:")).startswith("mic:Device: in use by process 77 (arecord); end that, or ")


def test_a_card_that_portaudio_leaves_out_names_the_way_around(driver, machine):
    driver(devices=[device(CODEC_NAME, 0)])
    plug(machine, USB)
    assert "PortAudio does not offer it; try arecord:plughw:CARD=Device,DEV=0;" in str(refused("mic:Device"))


def test_no_microphone_may_come(machine):
    assert isinstance(refused("mic:"), AudioDeviceLost)


def test_a_channel_that_is_not_there_is_refused_for_ever(driver):
    driver(sound=ramp(HOP).tobytes())
    assert isinstance(refused("mic:told", Intake(channel=1)), ConfigError)


@pytest.mark.parametrize(
    "sent", [b"{}\n", b"[]\n", b"x" * 70_000, b'{"rate": 16000, "channels": 1}\n' + b"\xff" * 64]
)
def test_a_process_that_speaks_another_language_is_no_microphone(tmp_path, sent):
    (tmp_path / "sent").write_bytes(sent)
    program(tmp_path / "other", f"cat {tmp_path}/sent\nexec sleep 60")
    feed = Microphone("told", None, AS_IT_IS, command=(str(tmp_path / "other"),))
    with pytest.raises(AudioDeviceLost, match="sent something that is no sound"):
        Live(feed, AS_IT_IS)


@pytest.mark.parametrize(
    ("how", "sentence"), [(signal.SIGKILL, "was ended by SIGKILL"), (signal.SIGSTOP, "no sound for 0.4 s")]
)
def test_a_driver_that_crashes_or_hangs_does_so_in_its_own_process(driver, how, sentence):
    driver(sound=ramp(HOP).tobytes())
    feed = Microphone("told", None, AS_IT_IS)
    source = Live(feed, AS_IT_IS, no_flow_s=0.4)
    assert source.read() is not None
    os.kill(feed.pid, how)
    with pytest.raises(AudioDeviceLost, match=sentence):
        source.read()
    source.close()
    with pytest.raises(ProcessLookupError):
        os.kill(feed.pid, 0)


@given(
    st.integers(0, 10**6),
    st.integers(8_000, 96_000),
    st.integers(0, 9_600),
    st.integers(0, 9_600),
    st.integers(1, 9_600),
)
def test_what_an_overflow_cost_is_what_the_clock_says_is_missing(lost, rate, before, now, got):
    made = got + now - before + lost
    assert lost_since(made / rate, rate, got, before, now) == max(1, lost)


def test_a_name_is_taken_whole_before_it_is_taken_as_a_part():
    devices = [device("default", 0), device("sysdefault", 1), device("hdmi", 2, channels=0)]
    assert choose("default", devices)["index"] == 0
    assert choose("SYS", devices)["index"] == 1
    for name, problem in [("hdmi", "absent"), ("def", "several")]:
        with pytest.raises(Unfit) as caught:
            choose(name, devices)
        assert caught.value.problem == problem


@pytest.mark.parametrize(("most", "channel", "opened"), [(1, 0, 1), (6, 1, 6), (128, 0, 2), (128, 5, 6)])
def test_all_channels_of_a_card_are_opened_and_few_of_a_converter(most, channel, opened):
    assert channels_of(most, channel) == opened


@pytest.fixture
def alsa(tmp_path, monkeypatch):
    if ctypes.util.find_library("portaudio") is None:
        pytest.skip("PortAudio is not installed: apt install libportaudio2")
    file, stereo = alsa_microphone(tmp_path)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(file))
    return stereo


@pytest.mark.parametrize("channel", ["mix", 1])
def test_the_real_portaudio_is_heard_at_the_rate_and_with_the_channels_of_its_hardware(alsa, channel):
    intake = Intake(channel=channel)
    source = open_source("mic:microphone", intake)
    assert source.rate == 48_000
    heard = np.concatenate([source.read().pcm for _ in range(20)])
    source.close()
    expected = Converter(48_000, intake).push((alsa / np.float32(32_768)).astype(np.float32))
    assert np.abs(heard.astype(int) - expected[: len(heard)]).max() <= 1  # soxr's, by the size of the pieces


def test_the_real_portaudio_says_what_it_offers_instead(alsa):
    assert "microphone" in str(refused("mic:nonsense")).partition("PortAudio offers ")[2]


def test_a_configuration_that_ends_portaudio_does_not_end_the_daemon(alsa, tmp_path, monkeypatch):
    (tmp_path / "broken.conf").write_text("pcm.null { type null }\n")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "broken.conf"))
    assert isinstance(refused("mic:null"), AudioDeviceLost)

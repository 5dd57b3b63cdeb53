"""What arecord sends is heard; what it says when it cannot is told in one sentence."""

import dataclasses
import itertools
import os
import shutil
import time

import numpy as np
import pytest

from edged.errors import AudioDeviceLost, ConfigError
from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.audio.arecord import Arecord, card_of
from edged.stages.audio.convert import Converter
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.live import Live
from edged.stages.audio.open import open_source
from tests.stages.audio.live_sources import alsa_microphone, arecord, program, ramp
from tests.stages.audio.sound_cards import CODEC, USB, plug, write

BUSY = (
    "ALSA lib pcm_hw.c:1829:(_snd_pcm_hw_open) open failed",
    "arecord: main:831: audio open error: Device or resource busy",
)


@pytest.fixture
def on_path(monkeypatch, tmp_path):
    def put(folder):
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return folder

    return put


def failing(folder, *said, status=1):
    folder.mkdir()
    (folder / "said").write_text("\n".join(said) + "\n")
    return program(folder / "arecord", f"cat {folder}/said >&2\nexit {status}\n")


def refused(pcm="plughw:CARD=Device,DEV=0"):
    with pytest.raises((AudioDeviceLost, ConfigError)) as caught:
        open_source(f"arecord:{pcm}")
    assert "\n" not in str(caught.value)
    return caught.value


def test_sound_comes_bit_for_bit_from_a_card_of_16_khz(on_path, tmp_path):
    on_path(arecord(tmp_path / "bin", sound=ramp(5 * HOP).tobytes()))
    source = open_source("arecord:hw:0")
    heard = [source.read() for _ in range(5)]
    assert np.array_equal(np.concatenate([frame.pcm for frame in heard]), ramp(5 * HOP))
    assert (source.name, source.live, source.rate) == ("mic", True, SAMPLE_RATE)
    source.close()


def test_the_hardware_is_asked_what_it_has_and_opened_so(on_path, tmp_path):
    folder = on_path(
        arecord(tmp_path / "bin", sound=bytes(12 * 8 * HOP), form="S32_LE", channels="[2 6]", rate="44100")
    )
    source = open_source("arecord:hw:CARD=Device", Intake(channel=5))
    assert source.rate == 44_100
    source.close()
    _, asked = (folder / "asked").read_text().splitlines()
    assert asked.startswith("-D hw:CARD=Device -t raw ")
    assert asked.endswith(" -f S32_LE -c 6 -r 44100")
    assert "--period-time=20000 --buffer-time=500000" in asked


def test_an_overrun_is_a_jump_of_the_index_by_the_ring_and_the_time_it_tells(on_path, tmp_path):
    told = 'echo "overrun!!! (at least 12.500 ms long)" >&2'
    more = f"while cat {tmp_path}/bin/sound; do :; done"
    on_path(arecord(tmp_path / "bin", f"{told}\n{more}", sound=ramp(3 * HOP).tobytes(), ring=8000))
    source = open_source("arecord:hw:0")
    frames = [source.read() for _ in range(40)]  # more than the pipe holds
    jumps = [later.start - sooner.start - HOP for sooner, later in itertools.pairwise(frames)]
    lost = 8000 + SAMPLE_RATE * 12.5 / 1000
    assert source.xruns == 1
    assert lost <= sum(jumps) < lost + HOP  # and at most the rest of the hop before it
    assert sum(jump > 0 for jump in jumps) == 1
    source.close()


def test_a_channel_that_the_card_lacks_is_refused_for_ever(on_path, tmp_path):
    on_path(arecord(tmp_path / "bin", sound=bytes(999)))
    with pytest.raises(
        ConfigError, match=r"^arecord:hw:0: channel 2 asked for, but it has 1, counted from 0$"
    ):
        open_source("arecord:hw:0", Intake(channel=2))


def test_a_busy_card_names_who_holds_it(on_path, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path / "machine"))
    on_path(failing(tmp_path / "bin", *BUSY))
    assert str(refused()).startswith("arecord:plughw:CARD=Device,DEV=0: in use by another program; ")
    plug(tmp_path / "machine", CODEC, dataclasses.replace(USB, owner=77))
    write(tmp_path / "machine", "proc/77/comm", "pulseaudio\n")
    assert isinstance(refused(), AudioDeviceLost)
    assert str(refused()).startswith("arecord:plughw:CARD=Device,DEV=0: in use by process 77 (pulseaudio); ")


@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        (
            "arecord: main:831: audio open error: Permission denied",
            AudioDeviceLost,
            "add the user of edged to group audio",
        ),
        ("arecord: main:831: audio open error: No such device", AudioDeviceLost, "not there; plug it in"),
        ("arecord: pcm_read:2153: read error: Input/output error", AudioDeviceLost, "not there; plug it in"),
        (
            "ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) Unknown PCM USB",
            ConfigError,
            "ALSA knows no PCM of this name",
        ),
        (
            "arecord: set_params:1358: Channels count non available",
            AudioDeviceLost,
            ": Channels count non available;",
        ),
        ("", AudioDeviceLost, ": arecord ended with status 1; see `edged devices`"),
        ("\x1b[31m\xff" * 9999, AudioDeviceLost, "see `edged devices`"),
    ],
)
def test_what_alsa_says_becomes_a_sentence_with_a_way_out(on_path, tmp_path, said, kind, sentence):
    on_path(failing(tmp_path / "bin", said))
    problem = refused()
    assert type(problem) is kind
    assert sentence in str(problem)


def test_how_it_was_ended_is_told_where_it_said_nothing(on_path, tmp_path):
    on_path(program(tmp_path / "arecord", "kill -9 $$"))
    assert "arecord was ended by SIGKILL" in str(refused())


def test_without_arecord_the_package_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/none")
    assert str(refused()) == "arecord: not installed; apt install alsa-utils"
    assert isinstance(refused(), ConfigError)


def test_one_that_cannot_be_run_is_told(on_path, tmp_path):
    (tmp_path / "arecord").write_text("#!/bin/sh\n")
    monkey = pytest.MonkeyPatch()
    monkey.setenv("PATH", str(tmp_path))
    try:
        assert str(refused()) == "arecord: cannot be run: permission denied"
    finally:
        monkey.undo()


def test_sound_cut_in_the_middle_of_a_sample_is_put_together(on_path, tmp_path):
    sound = ramp(HOP).tobytes()
    pieces = "".join(
        f"tail -c +{at + 1} {tmp_path}/bin/sound | head -c 255\n" for at in range(255, len(sound), 255)
    )
    folder = arecord(tmp_path / "bin", f"{pieces}exec sleep 60", sound=sound)
    (folder / "sound").write_bytes(sound)
    script = folder / "arecord"
    script.write_text(script.read_text().replace(f"cat {folder}/sound", f"head -c 255 {folder}/sound"))
    on_path(folder)
    source = open_source("arecord:hw:0")
    assert np.array_equal(source.read().pcm, ramp(HOP))
    source.close()


def test_a_hung_arecord_is_ended(on_path, tmp_path):
    on_path(arecord(tmp_path / "bin", "trap '' TERM\nwhile :; do sleep 1; done", sound=ramp(HOP).tobytes()))
    feed = Arecord("hw:0", AS_IT_IS)
    source = Live(feed, AS_IT_IS, no_flow_s=0.4)
    assert source.read() is not None
    with pytest.raises(AudioDeviceLost, match=r"^arecord:hw:0: no sound for 0.4 s; "):
        source.read()
    began = time.monotonic()
    source.close()
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("pcm", "card"),
    [
        ("plughw:CARD=Device,DEV=0", "Device"),
        ("hw:1", "Device"),
        ("plughw:rockchipes8388,0", "rockchipes8388"),
        ("default", None),
        ("hw:CARD=Gone", None),
    ],
)
def test_the_card_of_a_pcm_is_known_by_its_name(tmp_path, monkeypatch, pcm, card):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    plug(tmp_path, CODEC, USB)
    found = card_of(pcm)
    assert (found and found.id) == card


@pytest.fixture
def alsa(tmp_path, monkeypatch):
    """A PCM `microphone` of ALSA itself, 48 kHz stereo; return what it hears."""
    if shutil.which("arecord") is None:
        pytest.skip("arecord is not installed: apt install alsa-utils")
    file, stereo = alsa_microphone(tmp_path)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(file))
    return stereo


@pytest.mark.parametrize("channel", ["mix", 0, 1])
def test_the_real_arecord_is_heard_at_the_rate_and_with_the_channels_of_its_hardware(alsa, channel):
    intake = Intake(channel=channel)
    source = open_source("arecord:microphone", intake)
    assert source.rate == 48_000
    heard = np.concatenate([source.read().pcm for _ in range(20)])
    source.close()
    expected = Converter(48_000, intake).push((alsa / np.float32(32_768)).astype(np.float32))
    assert np.abs(heard.astype(int) - expected[: len(heard)]).max() <= 1  # soxr's, by the size of the pieces


def test_a_pcm_that_alsa_does_not_know_is_refused_for_ever(alsa):
    with pytest.raises(ConfigError, match=r"^arecord:nonsense: ALSA knows no PCM of this name; see "):
        open_source("arecord:nonsense")


def test_a_card_that_is_not_there_may_come(alsa):
    with pytest.raises(AudioDeviceLost, match=r"^arecord:plughw:CARD=Nowhere,DEV=0: not there; plug it in"):
        open_source("arecord:plughw:CARD=Nowhere,DEV=0")

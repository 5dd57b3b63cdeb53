"""`edged devices` lists every microphone, what to call it, and which one would be taken."""

import dataclasses
import json

import pytest
from typer.testing import CliRunner

from edged.cli import app
from edged.cli.devices import NONE
from tests.stages.audio.sound_cards import ARRAY, CODEC, HDMI_IN, HDMI_OUT, TWIN, USB, plug, write


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    return tmp_path


def said(*arguments):
    done = CliRunner().invoke(app, ["devices", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_without_sound_it_is_a_sentence_or_an_empty_list(machine):
    assert said() == NONE + "\n"
    assert json.loads(said("--json")) == []


def test_every_card_that_captures_is_there_with_what_to_call_it(machine):
    plug(machine, HDMI_OUT, HDMI_IN, CODEC, dataclasses.replace(USB, owner=77), TWIN, ARRAY)
    write(machine, "proc/77/comm", "pipewire\n")
    listed = {each["id"]: each for each in json.loads(said("--json"))}
    assert list(listed) == ["rockchiphdmiin", "rockchipes8388", "Device", "Device_1", "ArrayUAC10"]
    assert listed["Device"] == {
        "spec": "mic:5-1",
        "arecord": "arecord:plughw:CARD=Device,DEV=0",
        "default": False,
        "why_not": None,
        "id": "Device",
        "index": 3,
        "name": "USB Audio Device",
        "long_name": USB.long_name,
        "rates": "48000, 44100",
        "channels": [1],
        "usb_path": "5-1",
        "usb_serial": None,
        "holder": {"pid": 77, "name": "pipewire"},
    }
    assert listed["ArrayUAC10"]["usb_serial"] == "0123AB"
    assert [each["id"] for each in listed.values() if each["default"]] == ["ArrayUAC10"]
    assert listed["rockchiphdmiin"]["why_not"].startswith("HDMI-in")


def test_a_person_is_told_which_one_is_taken_and_why_not_the_others(machine):
    plug(machine, HDMI_IN, CODEC, dataclasses.replace(USB, owner=77))
    out = said()
    assert "mic:rockchiphdmiin: only by name (HDMI-in: silent, or hangs, unless a picture comes in)\n" in out
    assert "mic:Device: in use by process 77\n" in out
    assert out.endswith("mic: takes mic:Device\n")


def test_hdmi_in_alone_is_not_taken(machine):
    plug(machine, HDMI_IN)
    assert said().endswith("mic: takes none of these\n")


def test_the_boards_own_microphone_is_taken_before_another(machine, tmp_path):
    plug(machine, dataclasses.replace(CODEC, id="Another"), CODEC)
    (tmp_path / "edged.toml").write_text('[board]\nmicrophones = ["x", "rockchipes8388"]\n')
    assert said().endswith("mic: takes mic:Another\n")
    assert said("-c", str(tmp_path / "edged.toml")).endswith("mic: takes mic:rockchipes8388\n")


def test_a_name_with_brackets_is_shown_as_it_is(machine):
    plug(machine, dataclasses.replace(CODEC, long_name="Mic [bold] one"))
    assert "Mic [bold] one" in said()

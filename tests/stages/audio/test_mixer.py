"""Mixer controls are set before capture; one that cannot be is a warning and no more."""

import logging
import os

import pytest

from edged.stages.audio.intake import Intake
from edged.stages.audio.mixer import set_mixer
from edged.stages.audio.open import open_source
from tests.stages.audio.live_sources import arecord, program, ramp
from tests.stages.audio.sound_cards import CODEC, USB, plug


@pytest.fixture
def amixer(tmp_path, monkeypatch):
    """A mixer that notes what it is asked for and does then as told."""
    asked = tmp_path / "bin" / "asked"  # where the arecord of a test notes its own as well

    def put(then="exit 0"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        program(tmp_path / "bin" / "amixer", f'echo "$@" >> {asked}\n{then}\n')
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
        return asked

    return put


def test_the_mixer_of_the_card_is_set_before_it_is_opened(amixer, tmp_path, monkeypatch):
    asked = amixer()
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    plug(tmp_path, CODEC, USB)
    arecord(tmp_path / "bin", sound=ramp(2000).tobytes())
    source = open_source("arecord:hw:1", Intake(mixer=(("Mic", "60%"), ("Capture", "80% cap"))))
    source.read()
    source.close()
    first, second, *later = asked.read_text().splitlines()
    assert [first, second] == ["-c Device -- sset Mic 60%", "-c Device -- sset Capture 80% cap"]
    assert {line[:7] for line in later} == {"-D hw:1"}


def test_what_cannot_be_set_is_one_warning(amixer, caplog):
    amixer("echo \"amixer: Unable to find simple control 'Mic',0\" >&2; exit 1")
    with caplog.at_level(logging.WARNING):
        set_mixer("Device", (("Mic", "60%"), ("-x", "1")))
    assert [record.message for record in caplog.records] == [
        "audio.mixer: card Device: not set: Mic = 60% (Unable to find simple control 'Mic',0); "
        "-x = 1 (Unable to find simple control 'Mic',0); see `amixer -c Device`"
    ]


@pytest.mark.parametrize(
    ("then", "why"), [("exit 3", "status 3"), ("printf '\\377\\n' >&2; exit 1", "\ufffd")]
)
def test_a_mixer_that_says_nothing_readable_is_told_as_well(amixer, caplog, then, why):
    amixer(then)
    set_mixer("0", (("Mic", "on"),))
    assert f"Mic = on ({why})" in caplog.text


def test_without_amixer_the_package_is_named(monkeypatch, caplog):
    monkeypatch.setenv("PATH", "/none")
    set_mixer("Device", (("Mic", "60%"),))
    assert "amixer is not installed: apt install alsa-utils" in caplog.text


def test_nothing_to_set_starts_nothing(amixer):
    asked = amixer()
    set_mixer("Device", ())
    assert not asked.exists()


@pytest.mark.parametrize("spec", ["arecord:default", "arecord:hw:7"])
def test_a_source_without_a_card_says_that_nothing_is_set(amixer, tmp_path, caplog, spec):
    amixer()
    arecord(tmp_path / "bin", sound=ramp(2000).tobytes())
    open_source(spec, Intake(mixer=(("Mic", "60%"),))).close()
    assert f"audio.mixer: not set: {spec} names no card that is here" in caplog.text

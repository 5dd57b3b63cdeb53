"""`edged run` on a microphone: it dies, it returns, and the daemon goes on hearing commands."""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.daemon import DEMO, TEXT, config, models, start
from tests.stages.audio.live_sources import program

__all__ = ["config", "models"]

ARECORD = """\
import sys, time
from pathlib import Path

here = Path(__file__).parent
if "--dump-hw-params" in sys.argv:
    sys.stderr.write("FORMAT:  S16_LE\\nCHANNELS: 1\\nRATE: 16000\\n")
    sys.exit(0)
plugged = here / "plugged"
if not plugged.exists():
    sys.stderr.write("arecord: main:831: audio open error: No such device\\n")
    sys.exit(1)
sound = (here / "sound").read_bytes()
for at in range(0, len(sound), 2560):
    sys.stdout.buffer.write(sound[at : at + 2560])
    sys.stdout.buffer.flush()
    time.sleep(0.01)  # eight times as fast as it was spoken, and no faster than a path hears
plugged.unlink()
sys.stderr.write("arecord: pcm_read:2221: read error: No such device\\n")
sys.exit(1)
"""


@pytest.fixture
def microphone(tmp_path, monkeypatch) -> Path:
    """An arecord that plays the demo while it is plugged in, and is pulled at its end; returns the plug."""
    folder = tmp_path / "bin"
    folder.mkdir()
    pcm, rate = soundfile.read(DEMO, dtype="int16")
    assert rate == 16_000
    (folder / "sound").write_bytes(pcm.tobytes())
    (folder / "script.py").write_text(ARECORD)
    program(folder / "arecord", f'exec {sys.executable} {folder}/script.py "$@"\n')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder / "plugged"


class Run:
    """A daemon whose events are read one by one."""

    def __init__(self, *arguments: object) -> None:
        self.process = start("run", *map(str, arguments), "--events", "-", "--no-show")
        self.heard: list[dict] = []

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.kill()
        self.process.communicate()

    def until(self, name: str, number: int = 1) -> dict:
        """Read on until so many events of this name came; return the last of them."""
        while len(told := [event for event in self.heard if event["event"] == name]) < number:
            line = self.process.stdout.readline()
            assert line, f"no {name} after {self.names}: {self.process.stderr.read()}"
            self.heard.append(json.loads(line))
        return told[number - 1]

    @property
    def names(self) -> list[str]:
        return [event["event"] for event in self.heard]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        rest, self.said = self.process.communicate(timeout=30)
        self.heard += map(json.loads, rest.splitlines())
        return self.process.returncode


def test_a_microphone_that_is_pulled_and_plugged_in_again_is_heard_again(microphone, config):
    microphone.touch()
    with Run("-c", config, "--source", "arecord:default") as run:
        assert run.until("activation")["stream"] == "mic"
        assert run.until("final")["text"] == TEXT
        lost = run.until("device")
        assert (lost["state"], lost["name"]) == ("lost", "arecord:default")
        microphone.touch()
        assert run.until("device", 2)["state"] == "back"
        gap = run.until("gap")
        assert gap["where"] == "device"
        assert run.until("activation", 2)["sample"] > gap["samples"]
        assert run.until("final", 2)["text"] == TEXT
        assert run.end() == 0
    stats = run.heard[-1]
    assert stats["event"] == "stats"
    assert stats["gaps"] == stats["gaps_where"]["device"] == gap["samples"]
    assert "Traceback" not in run.said


def test_without_a_microphone_it_waits_and_ends_at_once_when_told(microphone, config):
    with Run("-c", config, "--source", "arecord:default") as run:
        lost = run.until("device")
        assert (lost["state"], lost["reason"].partition(";")[0]) == ("lost", "arecord:default: not there")
        assert run.end() == 0
    assert run.names == ["device", "stats"]
    assert "Traceback" not in run.said


def test_only_a_microphone_stands_in_for_a_microphone(microphone, config):
    config.write_text(config.read_text() + f'[audio]\nsource = "arecord:default"\nothers = ["wav:{DEMO}"]\n')
    with Run("-c", config) as run:
        _, said = run.process.communicate(timeout=30)
    assert run.process.returncode == 78
    assert said == f'edged: [audio] others: only microphones stand in for a microphone, not "wav:{DEMO}"\n'


@pytest.mark.parametrize(("key", "level_dbfs"), [("remove_dc", -31.2), ("dither", -120.0)])
def test_what_a_microphone_delivers_is_tidied_unless_that_is_not_wanted(
    microphone, config, monkeypatch, key, level_dbfs
):
    """An offset of 900, or digital silence, is what a meter sees where nothing is done about it."""
    tone = np.random.default_rng(1).normal(0, 10, 40_000) + 900 if key == "remove_dc" else np.zeros(40_000)
    (microphone.parent / "sound").write_bytes(tone.astype("<i2").tobytes())
    for wanted in (True, False):
        microphone.touch()
        monkeypatch.setenv(f"EDGED__AUDIO__{key.upper()}", str(wanted).lower())
        with Run("-c", config, "--source", "arecord:default") as run:
            run.until("ready")
            run.until("device")
            assert run.end() == 0
        level = run.heard[-1]["level_dbfs"]
        assert (level == pytest.approx(level_dbfs, abs=0.2)) is not wanted, level
        assert not wanted or -75 < level < -60

"""The faults are played to a real daemon, and what is measured is what it said."""

import subprocess

import numpy as np
import pytest
import soundfile

from edged.bench.faults.play import play
from edged.bench.faults.subject import Microphone, Said, unexplained
from edged.errors import ConfigError
from tests.daemon import DEMO, config, models

__all__ = ["config", "models"]

LOOP = np.arange(1, 3201, dtype=np.int16)


def heard(microphone: Microphone, *arguments: str) -> tuple[int | None, bytes, str]:
    """What the scripted arecord delivers before it ends, or before enough was heard."""
    program = subprocess.Popen(
        [microphone.folder / "arecord", *arguments],
        env=microphone.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    sound = program.stdout.read(4 * 6400)
    if len(sound) == 4 * 6400:
        program.stdout.close()
    said = program.stderr.read().decode()
    program.stderr.close()
    code = program.wait()
    program.stdout.close()
    return code, sound, said


def test_the_microphone_plays_its_loop_in_the_form_asked_for(tmp_path):
    microphone = Microphone(tmp_path, LOOP)
    code, sound, _ = heard(microphone, "-D", "x", "-f", "S16_LE", "-r", "16000", "-c", "2", "-t", "raw")
    left, right = np.frombuffer(sound, "<i2").reshape(-1, 2).T
    assert np.array_equal(left, np.resize(LOOP, len(left)))
    assert np.array_equal(left, right)
    assert code == 0


def test_without_its_plug_it_says_what_arecord_says_and_asked_for_its_form_it_says_nothing(tmp_path):
    microphone = Microphone(tmp_path, LOOP)
    assert heard(microphone, "--dump-hw-params", "-s", "1") == (0, b"", "")
    microphone.breaks("gone")
    code, sound, said = heard(microphone, "-r", "16000", "-f", "S16_LE")
    assert (code, sound) == (1, b"")
    assert "No such device" in said
    microphone.returns()
    assert {path.name for path in tmp_path.iterdir()} == {"arecord", "loop.npy"}


def stats(sample: int, hops: int, gaps: int) -> Said:
    return Said(0.0, {"event": "stats", "sample": sample, "hops": hops, "gaps": gaps})


def test_a_sample_that_is_neither_scored_nor_lost_is_unexplained():
    assert unexplained([stats(1280, 1, 0), stats(6400 + 77, 5, 77)]) == 0
    assert unexplained([stats(6400 + 77, 4, 77)]) == 1280


def test_a_fault_that_nobody_knows_is_refused_with_those_that_are_known():
    with pytest.raises(ConfigError, match="unknown fault flood; known: unplugged, stalled, recognizer"):
        play([LOOP], None, ["flood"])


def test_a_daemon_that_cannot_start_is_told_of_and_not_measured(tmp_path):
    (tmp_path / "edged.toml").write_text("[heads]\ntreshold = 1\n")
    found = play([LOOP], tmp_path / "edged.toml", ["unplugged"])
    assert "did you mean 'threshold'" in found["unplugged"]["failed"]


def test_a_microphone_that_is_pulled_out_is_missed_once_and_heard_again(config):
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    found = play([pcm], config, ["unplugged"])["unplugged"]
    assert found["device_events"] == ["lost", "back"], found
    assert (found["unexplained_samples"], found["exit"]) == (0, 0), found
    assert found["gap_samples"] > 5 * 16000

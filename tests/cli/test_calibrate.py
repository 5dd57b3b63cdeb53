"""`edged calibrate`: listens without keeping sound, proposes with its doubts, and changes nothing unasked."""

import json
import signal
import subprocess
import time

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from edged.cli import app
from edged.errors import EdgedError
from tests.daemon import DEMO, config, models, run, start

__all__ = ["config", "models"]


@pytest.fixture
def room(tmp_path):
    """Recordings of a room in which nobody says the word: 80 s of noise whose loudness wanders."""
    rng = np.random.default_rng(3)
    folder = tmp_path / "room"
    folder.mkdir()
    for number in range(4):
        loud = np.repeat(rng.uniform(30, 6000, 40), 8_000)
        noise = (rng.normal(size=16_000 * 20) * loud).clip(-32768, 32767).astype(np.int16)
        soundfile.write(folder / f"{number}.wav", noise, 16_000)
    return folder


@pytest.fixture
def calibrate(config, tmp_path):
    def calibrate(*arguments, **options):
        record = ("--record", tmp_path / "r.json")
        return run("calibrate", *arguments, *record, "-c", config, cwd=tmp_path, **options)

    return calibrate


def test_little_sound_makes_no_proposal_and_says_what_it_tells(calibrate, room, tmp_path):
    code, out, err = calibrate("--from", room)
    assert (code, err) == (0, "")
    assert out.startswith("hey_jarvis: no proposal: 1 min heard, ")
    assert "1/week asks for 16.8 h" in out
    assert "rule of three, 95 %" in out
    assert not list(tmp_path.glob("*.wav"))
    assert (tmp_path / "r.json").stat().st_size < 50_000


def test_it_goes_on_where_it_ended_and_proposes_once_it_can(calibrate, room):
    code, _, _ = calibrate("--from", room / "0.wav", "--from", room / "1.wav")
    assert code == 0
    code, out, err = calibrate("--from", room, "--budget", "200/hour", "--json")
    assert code == 0, err
    assert "2 of 4 recordings were heard before and count once" in err
    (word,) = json.loads(out)["words"]
    assert word["hours"] == pytest.approx(4 * 245 * 0.08 / 3600, abs=1e-3)
    assert word["proposal"]["threshold"] == 0.3
    assert word["proposal"]["floored"]


def test_recall_is_told_where_there_are_recordings_of_the_word(calibrate, room, tmp_path):
    said = tmp_path / "said"
    said.mkdir()
    (said / "a.wav").write_bytes(DEMO.read_bytes())
    code, out, err = calibrate("--from", room, "--budget", "200/hour", "--positives", f"hey_jarvis={said}")
    assert code == 0, err
    assert "of your recordings it hears 1/1 (21…100 %)" in out


def test_a_threshold_is_applied_on_consent_alone(calibrate, room, tmp_path):
    asked = ("--from", room, "--budget", "200/hour", "--apply")
    code, out, err = calibrate(*asked, stdin=subprocess.DEVNULL)
    assert code == 78
    assert "heads.word[0].threshold: not set (as in [heads]) -> 0.3" in out
    assert err.endswith("not applied: nobody can be asked here; say --yes as well\n")
    assert not (tmp_path / "tuned.toml").exists()
    code, out, err = calibrate(*asked, "--yes")
    assert code == 0, err
    assert 'name = "hey_jarvis"\nthreshold = 0.3  # 200/hour: ' in (tmp_path / "tuned.toml").read_text()
    code, out, _ = run("config", "show", "-c", tmp_path / "edged.toml")
    assert f"threshold = 0.3  # {tmp_path}/tuned.toml:6" in out.splitlines()


def test_a_threshold_that_the_user_wrote_stays(calibrate, config, room, tmp_path):
    with config.open("a") as more:
        more.write("[heads]\nthreshold = 0.4\n")
    code, out, err = calibrate("--from", room, "--budget", "200/hour", "--apply", "--yes")
    assert code == 0, err
    assert f"no effect: heads.threshold = 0.4 stands in {config}:5 and wins" in out
    assert "nothing changes" in out
    assert not (tmp_path / "tuned.toml").exists()


def test_the_word_spoken_on_purpose_is_left_out(calibrate, room):
    code, out, _ = calibrate("--from", room, "--from", DEMO, "--json")
    highest = json.loads(out)["words"][0]["highest"][0]
    assert (code, highest["score"] > 0.9) == (0, True)
    assert highest["when"].startswith(DEMO.name)
    code, out, err = calibrate("--hours", "0", "--mine", DEMO.name, "--json")
    assert code == 0, err
    assert json.loads(out)["words"][0]["highest"][0]["score"] < 0.5
    code, _, err = calibrate("--hours", "0", "--mine", DEMO.name)
    assert (code, "no peak that is kept begins so" in err) == (78, True)


def test_a_source_is_heard_to_its_end_or_for_as_long_as_asked(calibrate, room):
    source = ("--source", f"wav:{room / '0.wav'}", "--json")
    code, out, err = calibrate(*source)
    assert code == 0, err
    assert json.loads(out)["words"][0]["hours"] == pytest.approx(245 * 0.08 / 3600, abs=1e-3)
    assert "no sound is kept" in err
    code, out, err = calibrate(*source, "--fresh", "--hours", str(4 / 3600))
    assert code == 0, err
    assert json.loads(out)["words"][0]["hours"] == pytest.approx(4 / 3600, abs=1e-3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_what_was_heard_is_kept_though_no_sound_comes_any_more(config, tmp_path, number):
    record = tmp_path / "r.json"
    noise = (np.random.default_rng(3).normal(size=16_000 * 70) * 300).astype(np.int16)
    asked = ("--source", "stdin:16000", "-c", config, "--record", record)
    with start("calibrate", *asked, stdin=subprocess.PIPE) as process:
        process.stdin.buffer.write(noise.tobytes())
        process.stdin.flush()
        while not record.exists():  # a minute of sound was heard and kept
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        process.send_signal(number)
        out, err = process.stdout.read(), process.stderr.read()
    assert process.returncode == 0, err
    assert out.startswith("hey_jarvis: no proposal: 1 min heard")
    assert json.loads(record.read_text())["words"]["hey_jarvis"]["hops"] >= 750


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 78, "[audio] source is not set"),
        (["--from", "absent.wav"], 66, "absent.wav: no such file"),
        (["--from", "."], 78, "no recordings"),
        (["--hours", "0", "--budget", "some"], 78, "budget 'some': must be a number per hour"),
        (["--hours", "0", "--positives", "alexa=x"], 78, "the word one of hey_jarvis"),
        (["--hours", "0", "--apply", "--json"], 78, "nobody can be asked"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(config, tmp_path, monkeypatch, arguments, code, sentence):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["calibrate", *arguments, "-c", str(config), "--record", "r.json"])
    assert isinstance(result.exception, EdgedError)
    assert (result.exception.exit_code, result.stdout) == (code, "")
    assert sentence in str(result.exception)


def test_another_model_is_not_mixed_with_what_was_heard(calibrate, config, room):
    assert calibrate("--from", room / "0.wav")[0] == 0
    with config.open("a") as more:
        more.write("[heads]\npatience = 2\npatience_window = 3\n")
    code, _, err = calibrate("--hours", "0")
    assert code == 78
    assert "hey_jarvis was heard with another model, patience" in err
    assert calibrate("--hours", "0", "--fresh")[0] == 0

"""What is counted is what the daemon would do, and what anybody can count again from the bare scores."""

import json
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from edged.bench import accuracy, app
from edged.bench.labelled import Labelled
from edged.config.load import load
from tests import daemon
from tests.assets import asset
from tests.bench import plain_accuracy
from tests.bench.documented import missing
from tests.daemon import models, write_config

__all__ = ["models"]

WORDS = (("alexa", "alexa"), ("hey_jarvis", "jarvis"))
"""Word, and the folder in which it is said."""
TWO = '[[heads.word]]\nname = "alexa"\n[[heads.word]]\nname = "hey_jarvis"\n'


def recordings() -> list[Labelled]:
    """A sixth of the recordings of each word; meetings, and some of other words."""
    found: list[Labelled] = []
    for word, folder in WORDS:
        files = sorted(asset(f"wake/positive/{folder}").rglob("*.*"))
        found += [Labelled(file, word) for file in files if file.suffix in (".wav", ".flac")][::6]
    for folder, step in (("negative/meetings", 3), ("wake/negative", 12)):
        files = sorted(asset(folder).rglob("*.*"))
        found += [Labelled(file, None) for file in files if file.suffix in (".wav", ".flac")][::step]
    return [*found, Labelled(asset("negative/meetings/ES2011a.Headset-0-40s-46s.wav"), None)]


def told(models: Path, tmp_path: Path, more: str, *chosen: Labelled, **how) -> dict:
    config = load(write_config(tmp_path / "edged.toml", models, more)).config
    return accuracy.run(config, chosen or recordings(), **how)


def test_every_count_is_that_of_a_plain_script_on_bare_scores(models, tmp_path):
    """At the configured threshold, at all those of the curve, and with patience."""
    chosen = list({each.file: each for each in recordings()}.values())
    result = told(models, tmp_path, TWO, *chosen, thresholds=(0.1, 0.5, 0.9))
    config, files = tmp_path / "edged.toml", [each.file for each in chosen]
    code, printed, err = daemon.run("score", "-c", config, "--json", *files)
    assert code == 0, err
    for word, folder in WORDS:
        mine = result["words"][word]
        said, heard, false = plain_accuracy.count(printed, word, folder, 0.5)
        assert (mine["said"], mine["heard"], mine["false_accepts"]) == (said, heard, false)
        assert said >= heard >= 5
        for point in mine["det"]:
            said, heard, false = plain_accuracy.count(printed, word, folder, point["threshold"])
            assert (point["missed"], point["false_accepts"]) == (said - heard, false), point
    assert sum(word["false_accepts"] for word in result["words"].values()) > 0  # else nothing is shown
    seconds = sum(soundfile.info(each.file).duration for each in chosen if each.word is None)
    assert result["negative_hours"] == pytest.approx(seconds / 3600, abs=1e-4)
    patient = told(
        models, tmp_path, f"[heads]\npatience = 3\npatience_window = 4\n{TWO}", *chosen, thresholds=()
    )
    for word, folder in WORDS:
        mine = patient["words"][word]
        plain = plain_accuracy.count(printed, word, folder, 0.5, need=3, among=4)
        assert (mine["said"], mine["heard"], mine["false_accepts"]) == plain
        assert mine["heard"] <= result["words"][word]["heard"] and mine["det"] == []


def test_a_gate_that_holds_back_is_named_beside_what_was_missed(models, tmp_path):
    spoken = Labelled(asset("wake/positive/wyoming/alexa.wav"), "alexa")
    more = '[heads]\nvad_threshold = 1.0\n[[heads.word]]\nname = "alexa"\n'
    word = told(models, tmp_path, more, spoken, thresholds=(0.5,))["words"]["alexa"]
    assert word["heard"] == 0 and word["recall"] == 0.0
    assert word["missed"][0]["held_by"] == ["vad"] and word["missed"][0]["peak"] > 0.9
    assert word["det"] == [
        {"threshold": 0.5, "missed": 1, "miss": 1.0, "false_accepts": 0, "false_accepts_per_hour": None}
    ]


def test_a_recording_that_ends_with_the_word_is_heard_with_quiet_behind_it(models, tmp_path):
    pcm, rate = soundfile.read(asset("wake/positive/wyoming/alexa.wav"), dtype="int16")
    cut = Labelled(tmp_path / "cut.wav", "alexa")
    soundfile.write(cut.file, pcm[: round(0.9 * rate)], rate)
    more = '[[heads.word]]\nname = "alexa"\n'
    results = [told(models, tmp_path, more, cut, thresholds=(), quiet_s=quiet) for quiet in (0.0, 1.0)]
    assert [result["words"]["alexa"]["heard"] for result in results] == [0, 1]
    assert [result["quiet_s"] for result in results] == [0.0, 1.0]
    assert results[1]["hours"] - results[0]["hours"] == pytest.approx(2 / 3600, abs=2e-5)


def test_another_word_s_recordings_are_neither_misses_nor_false_accepts(models, tmp_path):
    spoken = Labelled(asset("wake/positive/wyoming/alexa.wav"), "alexa")
    result = told(models, tmp_path, TWO, spoken, thresholds=(0.5,))
    other = result["words"]["hey_jarvis"]
    assert (other["said"], other["recall"], other["false_accepts"]) == (0, None, 0)
    assert other["false_accepts_per_hour"] is None and other["false_accepts_per_hour_high"] is None
    assert result["hours"] > 0 == result["negative_hours"]


def test_the_command_takes_folders_and_a_list_and_prints_one_document(models, tmp_path):
    config = write_config(tmp_path / "edged.toml", models, TWO)
    room = asset("negative/noise")
    listed = tmp_path / "said.tsv"
    listed.write_text(f"{asset('wake/positive/wyoming/alexa.wav')}\talexa\n")
    said = [
        "accuracy",
        "-c",
        str(config),
        "--list",
        str(listed),
        "--negative",
        str(room),
        "--threshold",
        "0.5",
    ]
    done = CliRunner().invoke(app, [*said, "--json"], catch_exceptions=False)
    result = json.loads(done.stdout)
    assert result["bench"] == "accuracy" and result["header"]["versions"]["onnxruntime"]
    assert missing(result, "header", "accuracy") == set()
    word = result["words"]["alexa"]
    assert (word["said"], word["heard"]) == (1, 1)
    assert word["recall_low"] == pytest.approx(0.025) and word["recall_high"] == 1.0
    assert word["false_accepts_per_hour_high"] > word["false_accepts_per_hour"]
    assert [point["threshold"] for point in word["det"]] == [0.5]
    text = CliRunner().invoke(app, said, catch_exceptions=False).stdout
    assert "1/1 [2.5% … 100.0%]" in text

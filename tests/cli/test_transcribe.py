"""`edged transcribe` as a user starts it: recordings go in, their text comes out."""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edged.geometry import SAMPLE_RATE
from tests.daemon import DEMO, ROOT, config, models, run, start, write_config
from tests.stages.recognize.tiny import rules, transducer
from tests.stages.recognize.tiny.shelf import shelved

__all__ = ["config", "models"]

COMMAND_S = (3.9, 5.6)
"""Where the demo's command is; its wake word is before."""
TEXT = "turn on the kitchen light"


def command() -> np.ndarray:
    pcm, rate = soundfile.read(DEMO, dtype="int16")
    first, last = (round(s * rate) for s in COMMAND_S)
    return pcm[first:last]


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(scale=10, size=round(seconds * SAMPLE_RATE)).astype(np.int16)


def talk(path: Path, commands: int, pauses: tuple[float, ...] = (0.2, 1.5)) -> Path:
    """Write a recording of the command, over and over, with these pauses in turn."""
    pieces = [noise(0.5)]
    for index in range(commands):
        pieces += [command(), noise(pauses[index % len(pauses)])]
    soundfile.write(path, np.concatenate(pieces), SAMPLE_RATE)
    return path


def limited(models: Path, folder: Path, max_audio_s: float) -> Path:
    """Return a models folder whose recognizer takes less audio at once."""
    shutil.copytree(models, folder)
    shutil.copytree(ROOT / "models" / "selftest", folder / "selftest")
    sheet = folder / "selftest" / "model.toml"
    sheet.write_text(re.sub(r"(\[recognizer\]\n)", rf"\1max_audio_s = {max_audio_s}\n", sheet.read_text()))
    return folder


def test_every_word_comes_once_with_its_time_whatever_the_format(config, tmp_path):
    file = talk(tmp_path / "talk.wav", 6)
    code, out, err = run("transcribe", file, "--format", "json", "-c", config)
    assert code == 0, err
    (document,) = json.loads(out)
    assert document["text"] == " ".join([TEXT] * 6)
    assert "self-test" in err
    words = [word for segment in document["segments"] for word in segment["words"]]
    assert [word["text"] for word in words] == document["text"].split()
    for before, after in pairwise(words):
        assert before["start"] <= before["end"] <= after["start"]
    spoken = [word["start"] for word in words[::5]]
    length = len(command()) / SAMPLE_RATE
    expected = [0.5 + sum([length + (0.2, 1.5)[k % 2] for k in range(n)]) for n in range(6)]
    assert all(0 <= at - begin < 0.6 for at, begin in zip(spoken, expected, strict=True))
    _, text, _ = run("transcribe", file, "-c", config)
    assert text.split() == document["text"].split()
    _, subtitles, _ = run("transcribe", file, "--format", "srt", "-c", config)
    shown = [line for line in subtitles.splitlines() if line and not line.isdigit() and "-->" not in line]
    assert " ".join(shown) == document["text"]


def test_a_model_that_takes_three_seconds_is_given_no_more_and_no_word_is_lost_or_doubled(models, tmp_path):
    folder = limited(models, tmp_path / "models", 3.0)
    config = write_config(tmp_path / "edged.toml", folder)
    file = talk(tmp_path / "talk.wav", 12, pauses=(0.25,))
    code, out, err = run("transcribe", file, "--format", "json", "-c", config)
    assert code == 0, err
    (document,) = json.loads(out)
    assert document["text"] == " ".join([TEXT] * 12)
    lengths = [segment["end"] - segment["start"] for segment in document["segments"]]
    assert len(lengths) > 6
    assert max(lengths) <= 3.0


def test_the_seconds_of_each_step_add_up_to_the_whole(config, tmp_path):
    _, out, err = run("transcribe", talk(tmp_path / "talk.wav", 20), "--format", "json", "-c", config)
    metrics = json.loads(out)[0]["metrics"]
    assert set(metrics["steps_s"]) == {"read", "vad", "recognize", "write"}, err
    assert sum(metrics["steps_s"].values()) == pytest.approx(metrics["total_s"], rel=0.05)
    assert metrics["rtf"] == metrics["processing_time"] / metrics["audio_duration"]


def test_a_list_as_kaldi_has_it_and_one_bad_recording_that_stops_no_other(config, tmp_path):
    talk(tmp_path / "a.wav", 1)
    soundfile.write(tmp_path / "b.flac", np.concatenate([noise(0.5), command(), noise(1)]), SAMPLE_RATE)
    (tmp_path / "bad.mp3").write_bytes(b"no sound")
    (tmp_path / "wav.scp").write_text("one a.wav\nwrong bad.mp3\ngone absent.wav\ntwo b.flac\n")
    code, out, err = run("transcribe", "--scp", "wav.scp", "--jobs", 2, "-c", config, cwd=tmp_path)
    assert code == 66
    assert out == f"one {TEXT}\ntwo {TEXT}\n"
    assert "bad.mp3: not a wav" in err
    assert "absent.wav: no such file" in err
    assert "Traceback" not in err
    code, out, err = run("transcribe", "--scp", "wav.scp", "--out", "texts", "-c", config, cwd=tmp_path)
    assert (code, out) == (66, "")
    found = {path.name: path.read_text() for path in (tmp_path / "texts").iterdir()}
    assert found == {"one.txt": f"{TEXT}\n", "two.txt": f"{TEXT}\n"}


def test_the_sound_of_a_video_is_recognized_where_ffmpeg_is_installed(config, tmp_path):
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg absent: apt install ffmpeg")
    video = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=9", "-map", "0:a", "-map", "1:v")
    command = ["ffmpeg", "-v", "error", "-i", DEMO, *video, "-c:a", "flac", tmp_path / "film.mkv"]
    subprocess.run(command, check=True, timeout=60)
    code, out, err = run("transcribe", tmp_path / "film.mkv", "-c", config)
    assert (code, err) == (0, run("transcribe", DEMO, "-c", config)[2])
    assert out == run("transcribe", DEMO, "-c", config)[1] != ""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_name_that_is_not_utf_8_is_shown_as_well_as_it_can_be(config, tmp_path, form):
    file = os.fsdecode(os.fsencode(talk(tmp_path / "a.wav", 1)).replace(b"a.wav", b"\xff.wav"))
    (tmp_path / "a.wav").rename(file)
    bad = os.fsdecode(os.fsencode(tmp_path) + b"/\xfe.wav")
    code, out, err = run("transcribe", file, bad, "--format", form, "-c", config)
    assert code == 66
    assert TEXT in out
    assert "no such file" in err
    assert "Traceback" not in err
    assert run("transcribe", file, "--out", tmp_path / "out", "--format", form, "-c", config)[0] == 0
    assert len(list((tmp_path / "out").iterdir())) == 1


def whole(folder: Path) -> dict:
    document = json.loads((folder / "talk.json").read_text())
    resumed = document.pop("metrics")["segments_resumed"]
    return {"resumed": resumed, "document": document}


def test_killed_in_the_middle_it_goes_on_where_it_was_with_the_identical_result(config, tmp_path):
    file = talk(tmp_path / "talk.wav", 250, pauses=(1.0,))
    line = ("transcribe", file, "--format", "json", "-c", config, "--out")
    assert run(*line, tmp_path / "whole")[0] == 0
    process = start(*line, tmp_path / "out")
    journal = tmp_path / "out" / "talk.json.journal"
    while not journal.exists() or journal.read_bytes().count(b"\n") < 5:
        assert process.poll() is None, process.communicate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "out" / "talk.json").exists()
    kept = journal.read_bytes().count(b"\n") - 1
    assert run(*line, tmp_path / "out")[0] == 0
    again, undisturbed = whole(tmp_path / "out"), whole(tmp_path / "whole")
    assert 4 <= kept == again["resumed"]
    assert again["document"] == undisturbed["document"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["talk.json"]


def test_a_full_disk_is_one_sentence_and_the_next_run_goes_on(config, tmp_path):
    file = talk(tmp_path / "talk.wav", 30, pauses=(1.0,))
    line = ("transcribe", file, "--format", "json", "-c", config, "--out", tmp_path / "out")

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    code, _, err = run(*line, preexec_fn=little_room)
    assert code == 74
    assert "talk.json.journal" in err
    assert "Traceback" not in err
    assert run(*line)[0] == 0
    assert whole(tmp_path / "out")["document"]["text"] == " ".join([TEXT] * 30)
    assert whole(tmp_path / "out")["resumed"] > 2


def test_its_recognizers_are_nicer_than_the_microphone_s(config, tmp_path):
    file = talk(tmp_path / "talk.wav", 250, pauses=(1.0,))
    process = start("transcribe", file, "-c", config, "--jobs", 2, "--out", tmp_path / "out")
    nice = []
    try:
        while not nice:
            assert process.poll() is None, process.communicate()
            tasks = Path(f"/proc/{process.pid}/task")
            children = [c for t in tasks.iterdir() for c in (t / "children").read_text().split()]
            busy = (tmp_path / "out" / "talk.txt.journal").exists()
            nice = [os.getpriority(os.PRIO_PROCESS, int(child)) for child in children] if busy else []
            nice = (
                nice
                if nice and all(nice) and (tmp_path / "out/talk.txt.journal").stat().st_size > 500
                else []
            )
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.005)
        own = os.getpriority(os.PRIO_PROCESS, process.pid)
    finally:
        process.kill()
        process.communicate()
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert own > mine
    assert all(each > mine for each in nice)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "name a recording"),
        ([DEMO, DEMO, "--format", "vtt"], 2, "--out"),
        ([DEMO, DEMO, "--out", "out"], 66, "2 recordings have this name"),
        (["--scp", "nowhere.scp"], 66, "nowhere.scp: no such file"),
        ([DEMO, "--jobs", "0"], 2, "--jobs"),
        ([DEMO, "--out", "/proc/nowhere"], 74, "/proc/nowhere: cannot be made"),
        (["nowhere.wav"], 66, "nowhere.wav: no such file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(config, tmp_path, arguments, code, sentence):
    got, out, err = run("transcribe", *arguments, "-c", config, cwd=tmp_path)
    assert (got, out) == (code, "")
    assert sentence in err
    assert "Traceback" not in err


def test_language_hotwords_and_numbers_are_chosen_on_the_command_line(models, tmp_path):
    folder = shelved(transducer.make(tmp_path / "model", "streaming", modeling_unit="bpe"))
    itn = shelved(rules.make(tmp_path / "itn", {"red light": "RL"}))
    config = write_config(
        tmp_path / "edged.toml", models, f'[recognize]\nmodel = "{folder}"\nitn = "{itn}"\n'
    )
    file = talk(tmp_path / "talk.wav", 1)
    hotwords = tmp_path / "hotwords.txt"
    hotwords.write_text("red light 900\n")

    def text(*options):
        code, out, err = run("transcribe", file, "-c", config, *options)
        assert code == 0, err
        return out

    assert "red light" not in text("--no-itn")
    assert "red light" in text("--no-itn", "--hotwords", hotwords, "--language", "en-US")
    assert "RL" in text("--itn", "--hotwords", hotwords)
    code, _, err = run("transcribe", file, "-c", config, "--language", "fr")
    assert (code, "tiny-transducer speaks en, not fr" in err) == (65, True)
    code, _, err = run("transcribe", file, "-c", config, "--hotwords", tmp_path / "absent")
    assert (code, "absent: no such file" in err) == (78, True)

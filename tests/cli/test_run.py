"""`edged run` as a user starts it: a recording goes in, events come out, the exit code tells the truth."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile

from edged import messages
from tests.daemon import DEMO, ROOT, TEXT, config, events, models, run, start, write_config

__all__ = ["config", "models"]


def children(pid: int) -> list[int]:
    """Processes started by a process, by its threads."""
    tasks = Path(f"/proc/{pid}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def read_until(process: subprocess.Popen, name: str) -> list[dict]:
    """Events up to the first of that name."""
    seen = []
    assert process.stdout is not None
    for line in process.stdout:
        seen.append(json.loads(line))
        if seen[-1]["event"] == name:
            return seen
    raise AssertionError(f"no {name}: {[event['event'] for event in seen]}; {process.stderr.read()}")


def test_the_demo_recording_becomes_its_text(config):
    code, out, err = run("run", "-c", config, "--source", f"wav:{DEMO}", "--pace", "fast", "--events", "-")
    assert code == 0, err
    told = events(out)
    validator = jsonschema.Draft202012Validator(messages.json_schema())
    for event in told:
        validator.validate(event)
    names = [event["event"] for event in told if event["event"] != "partial"]
    assert names == ["ready", "activation", "listening", "endpoint", "final", "stats"]
    final = next(event for event in told if event["event"] == "final")
    assert final["text"] == TEXT
    ready = told[0]
    assert ready["backend"] == {"features": "cpu", "heads": "cpu"}
    assert ["self-test" in (model["note"] or "") for model in ready["models"]][-1]
    assert "Traceback" not in err


def test_at_the_real_pace_once_it_stops_after_the_first_text(config):
    code, out, err = run("run", "-c", config, "--source", f"wav:{DEMO}", "--once", "--events", "-")
    assert code == 0, err
    told = events(out)
    assert [event["text"] for event in told if event["event"] == "final"] == [TEXT]
    partials = [event["text"] for event in told if event["event"] == "partial"]
    assert partials, "no words came while the command was spoken"
    assert TEXT.startswith(partials[0])


class Pipe:
    """edged hearing a pipe: sound comes when the test sends it, so nothing waits for real time."""

    def __init__(self, config: Path, *output: str) -> None:
        pcm, _ = soundfile.read(DEMO, dtype="int16")
        self._sound = np.asarray(pcm).tobytes()
        arguments = ["run", "-c", config, "--source", "stdin:16000", *(output or ("--events", "-"))]
        self.process = start(*arguments, stdin=subprocess.PIPE)

    def send(self, start_s: float, stop_s: float | None = None) -> None:
        """Send part of the demo recording; without an end, the rest, and close."""
        pipe = self.process.stdin.buffer
        pipe.write(self._sound[round(start_s * 32_000) : None if stop_s is None else round(stop_s * 32_000)])
        pipe.flush()
        if stop_s is None:
            self.process.stdin.close()

    def hear_the_wake_word(self) -> int:
        """Bring edged into the middle of the command; return the recognizer's process id."""
        self.send(0, 4.6)
        read_until(self.process, "listening")
        (child,) = children(self.process.pid)
        return child

    def finish(self) -> list[dict]:
        """Read to the end; the exit code must be 0."""
        out, err = self.process.stdout.read(), self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        assert self.process.wait(timeout=20) == 0, err
        return events(out)


def texts(told: list[dict]) -> list[str]:
    return [event["text"] for event in told if event["event"] == "final"]


def test_raw_sound_on_standard_input_is_heard_the_same(config):
    pipe = Pipe(config)
    pipe.send(0)
    told = pipe.finish()
    assert texts(told) == [TEXT]
    assert told[0]["stream"] == "stdin"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT], ids=lambda n: n.name)
def test_the_recognizer_killed_in_mid_command_costs_no_word_and_one_event_tells(config, number):
    pipe = Pipe(config)
    os.kill(pipe.hear_the_wake_word(), number)
    pipe.send(4.6)
    told = pipe.finish()
    assert texts(told) == [TEXT]
    assert [event["stage"] for event in told if event["event"] == "restarted"] == ["recognize"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_asked_to_stop_it_ends_the_command_says_so_and_leaves_nothing_behind(config, number):
    pipe = Pipe(config)
    child = pipe.hear_the_wake_word()
    pipe.process.send_signal(number)
    told = pipe.finish()
    pipe.process.stdin.close()
    assert [event["reason"] for event in told if event["event"] == "endpoint"] == ["shutdown"]
    assert len(texts(told)) == 1
    assert told[-1]["event"] == "stats"
    assert not Path(f"/proc/{child}").exists()


def test_a_recording_shorter_than_a_hop_is_not_passed_over_in_silence(config, tmp_path):
    soundfile.write(tmp_path / "click.wav", np.full(500, 300, np.int16), 16_000)
    code, out, err = run("run", "-c", config, "--source", f"wav:{tmp_path}/click.wav", "--events", "-")
    assert code == 0, err
    assert [(event["event"], event["hops"]) for event in events(out)] == [("stats", 0)]


@pytest.mark.parametrize("output", [("--events", "-"), ("--show",)], ids=["events", "show"])
def test_a_reader_that_leaves_ends_the_run_with_a_sentence(config, output):
    pipe = Pipe(config, *output)
    pipe.send(0, 4.6)
    assert "ready" in pipe.process.stdout.readline()
    pipe.process.stdout.close()
    with contextlib.suppress(BrokenPipeError):  # it may be gone before all of it is sent
        pipe.send(4.6)
    with contextlib.suppress(BrokenPipeError):
        pipe.process.stdin.close()
    assert pipe.process.wait(timeout=20) == 74
    said = pipe.process.stderr.read()
    pipe.process.stderr.close()
    assert said.strip().endswith("nobody reads standard output any more")
    assert "Traceback" not in said
    assert "Exception" not in said


def test_events_that_a_full_disk_did_not_take_are_counted_and_cost_the_exit_code(config):
    code, _, err = run(
        "run", "-c", config, "--source", f"wav:{DEMO}", "--pace", "fast", "--events", "/dev/full"
    )
    assert code == 74
    assert re.search(r"\nedged: events: [1-9]\d* were not written\n$", err), err


def test_a_full_disk_does_not_keep_it_from_stopping(models, tmp_path):
    config = write_config(tmp_path / "edged.toml", models, "[sinks.jsonl]\nscores = true\n")
    process = start("run", "-c", config, "--source", f"wav:{DEMO}", "--pace", "fast", "--events", "/dev/full")
    assert process.stderr is not None
    while "No space left" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 74


def test_a_reader_that_does_not_read_does_not_keep_it_from_stopping(config):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b" ")
    os.set_blocking(writing, True)
    try:
        arguments = ["run", "-c", str(config), "--source", f"wav:{DEMO}", "--pace", "fast", "--events", "-"]
        done = subprocess.run(
            [sys.executable, "-m", "edged", *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            timeout=30,
        )
    finally:
        os.close(reading)
        os.close(writing)
    assert done.returncode == 74
    assert "sink-jsonl did not stop within 2 s" in done.stderr


def test_for_a_person_it_shows_score_word_text_cost_and_licence(config):
    code, out, err = run("run", "-c", config, "--source", f"wav:{DEMO}", "--pace", "fast", "--show")
    assert code == 0, err
    for wanted in (
        "hears hey_jarvis; features on cpu, heads on cpu",
        "hey_jarvis (head), licence CC-BY-NC-SA-4.0",
        "does not understand people",
        "score      hey_jarvis",
        "heard      hey_jarvis",
        f"text       {TEXT}",
        "ms of processor time on cpu",
        "per hop    features",
    ):
        assert wanted in out


BAD = {
    "missing file": (["--source", "wav:nowhere.wav"], 66, r"nowhere\.wav: no such file"),
    "no source": ([], 78, r"source"),
    "not a source": (["--source", "radio:1"], 78, r"radio:1"),
    "card by number": (["--source", "mic:0"], 78, r"numbers of cards change"),
    "text as sound": (["--source", "wav:text.wav"], 66, r"not a wav, flac, ogg or mp3"),
    "empty file": (["--source", "wav:empty.wav"], 66, r"empty"),
    "events nowhere": (["--source", f"wav:{DEMO}", "--events", "no/such/folder"], 74, r"no/such/folder"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_run_is_one_sentence_and_its_exit_code(config, tmp_path, case):
    arguments, code, sentence = BAD[case]
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "empty.wav").touch()
    got, out, err = run("run", "-c", config, *arguments, cwd=tmp_path)
    assert (got, out) == (code, "")
    assert re.search(sentence, err)
    assert err.count("\n") == 1
    assert err.startswith("edged: ")


WRONG = {
    "unknown key": ("[heads]\ntreshold = 0.5\n", 78, r"edged\.toml:5.*did you mean 'threshold'"),
    "open door": ('[serve.openai]\nenabled = true\nbind = "0.0.0.0"\n', 78, r"open to the network"),
    "missing head": ('[[heads.word]]\nname = "hey_nobody"\n', 65, r"hey_nobody"),
    "missing output": ('[[heads.word]]\nname = "timer"\n', 78, r"timer has several outputs"),
    "gpu by name": ('[features]\nbackend = "opencl"\n', 69, r"opencl"),
    "unknown recognizer": ('[recognize]\nmodel = "whisper"\n', 65, r"whisper"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_configuration_is_one_sentence_and_its_exit_code(models, tmp_path, case):
    more, code, sentence = WRONG[case]
    config = write_config(tmp_path / "edged.toml", models, more)
    got, out, err = run("run", "-c", config, "--source", f"wav:{DEMO}", "--pace", "fast")
    assert (got, out) == (code, "")
    assert re.search(sentence, err), err
    assert err.count("\n") == 1


def test_a_licence_that_was_not_accepted_is_named_with_the_way_out(models, tmp_path):
    config = tmp_path / "edged.toml"
    config.write_text(f'[models]\ndir = "{models}"\n')
    code, _, err = run("run", "-c", config, "--source", f"wav:{DEMO}")
    assert code == 65
    assert 'accept_licences = ["CC-BY-NC-SA-4.0"]' in err


def test_wake_words_alone_need_no_recognizer(models, tmp_path):
    config = write_config(tmp_path / "edged.toml", models, "[recognize]\nenabled = false\n")
    code, out, err = run("run", "-c", config, "--source", f"wav:{DEMO}", "--pace", "fast", "--events", "-")
    assert code == 0, err
    names = [event["event"] for event in events(out)]
    assert names == ["ready", "activation", "listening", "endpoint", "stats"]

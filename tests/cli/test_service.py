"""`edged run` as systemd sees it: when it is ready, what its status says, how it ends in every state."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.test_run import Pipe, children, read_until
from tests.daemon import config, events, models, start, write_config
from tests.systemd import FakeSystemd

__all__ = ["config", "models"]

ENDING = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """What `edged run` finds in its environment, and what it says there."""
    fake = FakeSystemd(tmp_path / "notify", patience_s=60)
    for name, value in fake.environment(watchdog_s=2).items():
        monkeypatch.setenv(name, value)
    yield fake
    fake.close()


class Ended:
    """How a process ended that was told to; where that takes longer than it may, it ends itself with 70."""

    def __init__(self, process: subprocess.Popen, *numbers: int) -> None:
        for number in numbers:
            process.send_signal(number)
        self.code = process.wait(timeout=30)
        self.out, self.err = process.stdout.read(), process.stderr.read()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()

    def well(self) -> bool:
        return self.code == 0 and "Traceback" not in self.err


def test_ready_comes_after_the_first_hop_and_names_what_runs(config, systemd):
    pipe = Pipe(config)
    pipe.send(0, 0.5)
    read_until(pipe.process, "ready")
    status = systemd.until("READY")["STATUS"]
    assert status.startswith(
        "hears hey_jarvis on stdin:16000; features cpu, heads cpu, recognizer selftest; since 20"
    )
    assert {"STATUS": "opening models, sinks and the source of sound"} in systemd.said
    assert any("EXTEND_TIMEOUT_USEC" in said for said in systemd.said)
    systemd.until("WATCHDOG")
    pipe.send(0.5)
    pipe.finish()
    systemd.until("STOPPING")


def test_no_child_finds_the_socket_of_the_daemon(config, systemd):
    pipe = Pipe(config)
    child = pipe.hear_the_wake_word()
    environment = Path(f"/proc/{child}/environ").read_bytes()
    assert b"NOTIFY_SOCKET" not in environment
    assert b"WATCHDOG_USEC" not in environment
    pipe.send(4.6)
    pipe.finish()


def test_why_a_stage_is_degraded_is_in_the_status(models, tmp_path, systemd):
    toml = '[heads]\nbackend = "rknn"\nfallback = ["cpu"]\n'
    pipe = Pipe(write_config(tmp_path / "edged.toml", models, toml))
    pipe.send(0, 0.5)
    assert (
        "; degraded: heads not on rknn (no compiled graph holds hey_jarvis"
        in systemd.until("READY")["STATUS"]
    )
    pipe.send(0.5)
    pipe.finish()


def test_a_configuration_that_was_not_taken_is_in_the_status_until_one_is(config, models, systemd):
    pipe = Pipe(config)
    pipe.send(0, 0.5)
    systemd.until("READY")
    write_config(config, models, "[heads]\ntreshold = 1.0\n")
    pipe.process.send_signal(signal.SIGHUP)
    assert systemd.until("RELOADING").keys() == {"RELOADING", "MONOTONIC_USEC"}
    said = systemd.until("READY")["STATUS"]
    assert said.startswith("hears hey_jarvis")
    assert "degraded: configuration not taken, the old one stays: " in said
    assert "[heads] treshold: unknown key" in said
    write_config(config, models)
    pipe.process.send_signal(signal.SIGHUP)
    systemd.until("RELOADING")
    assert "degraded" not in systemd.until("READY")["STATUS"]
    pipe.send(0.5)
    pipe.finish()


@pytest.fixture(autouse=True)
def own_run_folder(tmp_path, monkeypatch):
    """No other daemon of this machine tells its status here."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


class Blocked:
    """A command that hangs in the import of a package, in the daemon or in its recognizer's process."""

    def __init__(self, folder: Path, package: str, *arguments: str | Path) -> None:
        here = folder / "here"
        os.mkfifo(here)
        code = f"import threading\nwith open({str(here)!r}, 'w') as fifo: fifo.write('here')\n"
        (folder / f"{package}.py").write_text(code + "threading.Event().wait()\n")
        self.process = start(*arguments, path=folder)
        assert here.read_text() == "here"


@pytest.mark.parametrize(
    ("package", "number"),
    [("typer", signal.SIGINT), ("numpy", signal.SIGTERM), ("onnxruntime", signal.SIGTERM)],
)
def test_told_to_stop_while_it_imports_it_says_nothing_and_ends_well(config, tmp_path, package, number):
    blocked = Blocked(tmp_path, package, "run", "-c", config, "--source", "stdin:16000")
    ended = Ended(blocked.process, number)
    assert ended.well(), ended.err
    assert ended.err in ("", "WARNING edged.runtime.daemon: told to stop while opening: leaving it behind\n")


def test_ctrl_c_during_the_imports_of_another_command_is_no_traceback(tmp_path):
    blocked = Blocked(tmp_path, "typer", "models", "list")
    ended = Ended(blocked.process, signal.SIGINT)
    assert (ended.code, ended.out, ended.err) == (130, "", "")


@ENDING
def test_told_to_stop_while_the_recognizer_loads_it_ends_that_too(config, tmp_path, number):
    blocked = Blocked(tmp_path, "sherpa_onnx", "run", "-c", config, "--source", "stdin:16000")
    (child,) = children(blocked.process.pid)
    ended = Ended(blocked.process, number)
    assert ended.well(), ended.err
    wait_until_gone(child)


def wait_until_gone(pid: int) -> None:
    """A process whose parent is gone ends by its own watch over it: soon, not at once."""
    until = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < until


def test_told_to_stop_before_any_sound_came_it_ends_well(config, systemd):
    pipe = Pipe(config)
    assert systemd.until("READY")["STATUS"].startswith("deaf: no sound has come from stdin:16000 yet")
    ended = Ended(pipe.process, signal.SIGTERM)
    assert ended.well(), ended.err


@ENDING
def test_told_to_stop_while_it_listens_it_ends_well(config, number):
    pipe = Pipe(config)
    pipe.send(0, 0.5)
    read_until(pipe.process, "ready")
    ended = Ended(pipe.process, number)
    assert ended.well(), ended.err
    assert [event["event"] for event in events(ended.out)] == ["stats"]


def test_told_to_stop_while_it_reads_its_configuration_it_ends_well(config):
    pipe = Pipe(config)
    pipe.send(0, 0.5)
    read_until(pipe.process, "ready")
    ended = Ended(pipe.process, signal.SIGHUP, signal.SIGTERM)
    assert ended.well(), ended.err


def test_told_to_stop_while_the_recognizer_hangs_it_ends_in_time_and_tells_of_the_loss(config):
    pipe = Pipe(config)
    os.kill(pipe.hear_the_wake_word(), signal.SIGSTOP)
    ended = Ended(pipe.process, signal.SIGTERM)
    assert ended.well(), ended.err
    told = {event["event"]: event for event in events(ended.out)}
    assert told["lost"]["reason"] == "no text within 5 s of the end of the run"
    assert told["endpoint"]["reason"] == "shutdown"


def test_a_second_signal_waits_for_no_text_and_tells_of_the_loss(config, systemd):
    pipe = Pipe(config)
    os.kill(pipe.hear_the_wake_word(), signal.SIGSTOP)
    pipe.process.send_signal(signal.SIGTERM)
    systemd.until("STOPPING")
    ended = Ended(pipe.process, signal.SIGTERM)
    assert ended.well(), ended.err
    told = {event["event"]: event for event in events(ended.out)}
    assert told["lost"]["reason"] == "told to stop at once"
    assert told["stats"]


def test_a_recording_played_fast_does_not_wait_for_a_text_once_told_to_stop(models, tmp_path):
    config = write_config(tmp_path / "edged.toml", models)
    pipe = Pipe(config, "--pace", "fast", "--events", "-")
    os.kill(pipe.hear_the_wake_word(), signal.SIGSTOP)
    pipe.send(4.6, None)
    read_until(pipe.process, "endpoint")
    ended = Ended(pipe.process, signal.SIGTERM)
    assert ended.code == 0, ended.err
    assert [event["event"] for event in events(ended.out)] == ["lost", "stats"]

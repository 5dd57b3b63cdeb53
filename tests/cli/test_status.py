"""`edged status`: one sentence per line, and an exit code that a monitor can rely on."""

import json
import os
import subprocess
import time

import numpy as np
import pytest

from edged.runtime.report import NAME, Backend, Report, ReportFile, Wake, read
from tests.daemon import DEMO, config, models, run, start

__all__ = ["config", "models"]

SAID = Report(
    pid=os.getpid(),
    version="0.1.0",
    started="2026-11-20T12:00:00Z",
    written="2026-11-20T12:00:00Z",
    beat_s=0.0,
    state="hearing",
    reason="",
    since="2026-11-20T12:00:00Z",
    words=("hey_jarvis",),
    recognizer="selftest",
    backends=(Backend("features", "cpu", "serving", "[odd] reason"),),
    last_wake=Wake("hey_jarvis", 0.97, "2026-11-20T12:00:00Z"),
    level_dbfs=-41.5,
    counters={"hops": 3, "gap_samples": 0},
    temperatures_c={"soc": 40.2},
)


@pytest.fixture
def say(tmp_path, monkeypatch):
    """Write what a daemon would have said just now, or some other time."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setenv("TZ", "UTC")

    def write(ago_s: float = 0.0, **changes) -> None:
        from dataclasses import replace

        said = replace(SAID, beat_s=time.monotonic() - ago_s, **changes)
        ReportFile(tmp_path / "edged" / NAME).write(said)

    return write


def test_nobody_is_there(say):
    assert run("status") == (
        3,
        "edged is not running\nstart it with `sudo systemctl start edged`, or here with `edged run`\n",
        "",
    )
    code, out, _ = run("status", "--json")
    assert code == 3
    assert json.loads(out) == {
        "health": "absent",
        "sentence": "edged is not running",
        "hears": False,
        "report": None,
    }


def test_it_hears(say):
    say()
    code, out, err = run("status")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "edged hears since 2026-11-20 12:00:00",
        "wake words: hey_jarvis; recognizer: selftest",
        "features: cpu serving ([odd] reason)",
        "last wake: hey_jarvis at 2026-11-20 12:00:00, score 0.97",
        "sound level: -41.5 dBFS",
        "temperatures: soc 40.2 °C",
        "counted: hops 3, gap samples 0",
        f"edged 0.1.0, process {os.getpid()}, started 2026-11-20 12:00:00",
    ]


def test_it_hears_on_less_than_was_asked_for(say):
    say(degraded=("features: on cpu instead of opencl (slow)",))
    code, out, _ = run("status", "--json")
    assert code == 1
    document = json.loads(out)
    assert (document["health"], document["hears"]) == ("degraded", True)
    assert document["report"]["degraded"] == ["features: on cpu instead of opencl (slow)"]


def test_it_is_deaf(say):
    say(state="deaf", reason="the microphone is away")
    code, out, _ = run("status")
    assert code == 3
    assert out.startswith("edged is deaf since 2026-11-20 12:00:00: the microphone is away\n")


def test_it_is_stuck_and_its_last_words_are_not_repeated(say):
    say(ago_s=3700)
    code, out, _ = run("status")
    assert code == 3
    first, second = out.splitlines()
    assert first == f"edged (process {os.getpid()}) is stuck: it said nothing for 1 h 1 min"
    assert "journalctl -u edged" in second


def test_a_daemon_is_seen_from_its_start_to_its_end(config, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    daemon = start("run", "-c", config, "--source", "stdin:16000", "--no-show", stdin=subprocess.PIPE)
    file = tmp_path / "edged" / NAME
    quiet = np.random.default_rng(1).normal(0, 30, 16000).astype("<i2").tobytes()
    while not isinstance(said := read(file), Report) or said.state != "hearing":
        assert daemon.poll() is None, daemon.communicate()
        daemon.stdin.buffer.write(quiet)
        daemon.stdin.flush()
    assert (said.pid, said.words, said.recognizer) == (daemon.pid, ("hey_jarvis",), "selftest")
    assert [backend.provider for backend in said.backends if backend.state == "serving"] == ["cpu", "cpu"]
    assert run("status")[0] == 0
    daemon.kill()
    daemon.communicate()
    code, out, _ = run("status")
    assert code == 3
    assert out.startswith(f"edged is not running: process {daemon.pid} ended without a word after ")
    ended = run("run", "-c", config, "--source", f"wav:{DEMO}", "--pace", "fast", "--no-show")
    assert ended[0] == 0
    assert not file.exists()

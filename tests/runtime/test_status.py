"""The state of a run is told while it lives: hearing is hops that are scored, and silence is never health."""

import dataclasses
import json
import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.messages import (
    Activation,
    Device,
    Fallback,
    Final,
    Gap,
    Lost,
    Metrics,
    Muted,
    Ran,
    Ready,
    Recovered,
    Restarted,
    Stats,
    Unmuted,
)
from edged.runtime.health import clock, duration, health, judge
from edged.runtime.outlets import stamped
from edged.runtime.report import NAME, STALE_S, Backend, Report, ReportFile, files, own_file, read
from edged.runtime.status import NO_HOPS_S, Look, Status, state_of

READY = Ready("0.1.0", ("hey_jarvis",), Ran("cpu", "cpu"), "selftest", ())
WAKE = Activation("hey_jarvis", 0.98765, (0.1, 0.98765), 0.5, 16000, Ran("cpu", "cpu"), 1.0)


class Run:
    """A daemon whose clock and counters are set by hand."""

    def __init__(self, folder):
        self.now = 100.0
        self.look = Look(0)
        self.looks = 0
        self.file = folder / "edged" / NAME
        start = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.status = Status(
            self._ask,
            ReportFile(self.file),
            clock=lambda: self.now,
            wall=lambda: start + timedelta(seconds=self.now),
        )

    def _ask(self):
        self.looks += 1
        return self.look

    def note(self, *bodies):
        for body in bodies:
            self.status.note(stamped("mic", None, 0, body))

    def later(self, seconds, hops=0):
        self.now += seconds
        self.look = dataclasses.replace(self.look, hops=self.look.hops + hops)
        self.status.tick()
        said = read(self.file)
        assert isinstance(said, Report), said
        return said


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_it_starts_then_hears_then_is_gone(run):
    assert run.later(0).state == "starting"
    run.note(READY)
    said = run.later(1, hops=12)
    assert (said.state, said.reason, said.words, said.recognizer) == (
        "hearing",
        "",
        ("hey_jarvis",),
        "selftest",
    )
    assert said.backends == (Backend("features", "cpu", "serving"), Backend("heads", "cpu", "serving"))
    assert said.pid == os.getpid()
    run.status.say("stopping")
    assert run.later(0.1).state == "stopping"
    run.status.close()
    assert read(run.file) is None


def test_a_counter_that_stands_still_is_a_deaf_daemon_whatever_else_is_said(run):
    run.note(READY)
    assert run.later(1, hops=12).state == "hearing"
    assert run.later(NO_HOPS_S - 1).state == "hearing"
    said = run.later(2)
    assert (said.state, said.reason) == ("deaf", "no sound was scored for 6 s")
    assert run.later(2.1, hops=1).state == "hearing"


def test_a_microphone_that_is_away_is_said_with_its_reason(run):
    run.note(READY)
    run.later(1, hops=12)
    run.note(Device("lost", "mic", "unplugged"))
    said = run.later(0.1)
    assert (said.state, said.reason) == ("deaf", "unplugged")
    run.note(Device("back", "mic", ""))
    assert run.later(0.1, hops=1).state == "hearing"
    run.look = dataclasses.replace(run.look, away="no microphone")
    assert run.later(2).reason == "no microphone"


def test_muted_is_a_state_of_its_own_for_as_long_as_sound_comes(run):
    run.note(READY)
    run.later(1, hops=12)
    run.look = dataclasses.replace(run.look, muted=True)
    run.note(Muted("socket"))
    said = run.later(0.1)
    assert (said.state, said.muted, said.since) == ("muted", True, said.written)
    for second in range(1, 20):
        run.look = dataclasses.replace(run.look, unheard=second * 16000)
        said = run.later(2)
    assert (said.state, said.counters["muted_samples"]) == ("muted", 19 * 16000)
    assert run.later(NO_HOPS_S + 1).reason == "no sound was scored for 6 s"
    run.look = dataclasses.replace(run.look, muted=False)
    run.note(Unmuted("socket"))
    assert (run.later(0.1, hops=1).state, run.later(2).muted) == ("hearing", False)


def test_a_muted_daemon_whose_microphone_is_away_is_deaf_and_still_says_that_it_is_muted(run):
    run.look = Look(5, away="unplugged", muted=True)
    said = run.later(0)
    assert (said.state, said.reason, said.muted) == ("deaf", "unplugged", True)


def test_how_things_are_can_be_asked_at_any_moment(run):
    run.note(READY)
    run.look = Look(40, muted=True, socket="/run/edged/edged.sock")
    said = run.status.report()
    assert (said.state, said.counters["hops"], said.socket) == ("muted", 40, "/run/edged/edged.sock")


def test_the_first_scored_hop_ends_the_start_also_where_no_event_says_so(run):
    assert run.later(0).state == "starting"
    assert run.later(2, hops=1).state == "hearing"
    run.status.say("stopping")
    assert run.later(0.1, hops=1).state == "stopping"


def test_a_start_that_waits_for_a_microphone_is_deaf_and_not_starting(run):
    run.look = Look(0, away="no capture card")
    assert (run.later(0).state, run.later(2).reason) == ("deaf", "no capture card")


def test_since_when_counts_from_the_change_of_state_and_not_of_its_reason(run):
    run.note(READY)
    first = run.later(1, hops=1)
    again = run.later(3, hops=1)
    assert (again.since, again.written > first.written) == (first.since, True)
    run.note(Device("lost", "mic", "busy"))
    lost = run.later(1)
    run.note(Device("lost", "mic", "gone"))
    assert run.later(1).since == lost.since != first.since


def test_a_change_is_written_at_once_and_otherwise_every_two_seconds(run):
    run.note(READY)
    first = run.later(1, hops=12)
    looks = run.looks
    assert run.later(0.1, hops=1) == first
    assert run.looks == looks
    run.note(WAKE)
    said = run.later(0.1, hops=1)
    assert said.last_wake is not None
    assert (said.last_wake.word, said.last_wake.score) == ("hey_jarvis", 0.988)
    run.note(Gap(1280, "capture"))
    assert run.later(0.1) == said
    assert run.later(2) != said


def test_a_fallback_is_told_until_the_stage_is_back_where_it_began(run):
    run.note(READY, Fallback("features", "opencl", "ort-opencl", "slow"))
    run.note(Fallback("features", "ort-opencl", "cpu", "NaN"))
    said = run.later(1, hops=1)
    assert said.degraded == ("features on cpu instead of opencl (NaN)",)
    assert said.backends[0] == Backend("features", "cpu", "serving", "NaN")
    run.note(Recovered("features", "cpu", "ort-opencl", "probe passed"))
    assert run.later(1, hops=1).degraded != ()
    run.note(Recovered("features", "ort-opencl", "opencl", "probe passed"))
    assert run.later(1, hops=1).degraded == ()


def test_what_happened_is_counted(run):
    metrics = Metrics(1.0, 0.1, 0.1, "sherpa-onnx", "cpu")
    run.note(READY, Final("x", (), metrics), Lost("died"), Restarted("recognize", "died"))
    gaps = {"device": 7, "source": 0, "capture": 0}
    run.note(Stats(38, 7, gaps, 1, 2, 3, 4, 5, -42.5, {}, 1.0, Ran("cpu", "cpu")))
    run.look = Look(40, temperatures_c={"soc": 40.1})
    said = run.later(2)
    assert said.counters == {
        "hops": 40,
        "finals": 1,
        "lost": 1,
        "restarts": 1,
        "fallbacks": 0,
        "activations": 4,
        "late_hops": 5,
        "xruns": 1,
        "lost_device_samples": 7,
        "lost_source_samples": 0,
        "lost_capture_samples": 0,
        "clipped_samples": 2,
        "silent_samples": 3,
        "muted_samples": 0,
    }
    assert (said.level_dbfs, said.temperatures_c) == (-42.5, {"soc": 40.1})


def test_no_text_of_a_command_is_written(run):
    run.note(READY, Final("open the safe", (), Metrics(1.0, 0.1, 0.1, "x", "cpu")))
    run.later(1)
    assert "safe" not in run.file.read_text()


@pytest.mark.parametrize(
    ("said", "away", "silent_s", "expected"),
    [
        (None, "", 0, "hearing"),
        (None, "", NO_HOPS_S, "hearing"),
        (None, "", NO_HOPS_S + 1, "deaf"),
        (None, "unplugged", 0, "deaf"),
        (("starting", "models"), "", 60, "starting"),
        (("starting", ""), "no card", 0, "deaf"),
        (("stopping", ""), "no card", 60, "stopping"),
    ],
)
def test_the_state_is_decided_by_what_is_heard(said, away, silent_s, expected):
    assert state_of(said, away, silent_s)[0] == expected


def test_everybody_may_read_it_and_no_half_of_it_is_ever_there(run):
    umask = os.umask(0o077)
    try:
        run.later(0)
    finally:
        os.umask(umask)
    assert run.file.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in run.file.parent.iterdir()] == [NAME]


def test_a_folder_that_cannot_be_written_is_said_once_and_hurts_nobody(tmp_path, caplog):
    (tmp_path / "edged").write_text("a file where the folder should be")
    run = Run(tmp_path)
    with caplog.at_level(logging.WARNING):
        run.status.tick()
        run.now += 5
        run.status.tick()
    (record,) = caplog.records
    assert str(run.file) in record.getMessage()
    run.status.close()


def test_without_a_run_folder_nothing_is_told_and_nothing_breaks(caplog):
    file = ReportFile(None)
    file.write(report())
    file.remove()
    assert caplog.records == []


def report(**changes) -> Report:
    said = Report(
        pid=os.getpid(),
        version="0.1.0",
        started="2026-11-20T12:00:00Z",
        written="2026-11-20T12:00:00Z",
        beat_s=time.monotonic(),
        state="hearing",
        reason="",
        since="2026-11-20T12:00:00Z",
    )
    return dataclasses.replace(said, **changes)


@pytest.fixture
def ended() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_second_daemon_leaves_the_file_to_the_first_until_that_is_gone(tmp_path, caplog, ended):
    path = tmp_path / NAME
    parent = os.getppid()
    first, second = ReportFile(path), ReportFile(path)
    first.write(report(pid=parent))
    second.write(report())
    assert read(path) == report(pid=parent, beat_s=read(path).beat_s)
    assert f"another edged (pid {parent})" in caplog.text
    first.write(report(pid=ended))
    second.write(report())
    assert read(path).pid == os.getpid()
    second.remove()
    second.remove()
    assert read(path) is None


def test_alive_and_fresh_is_believed():
    assert judge(report()).exit_code == 0
    assert judge(report(degraded=("features: on cpu",))).found == "degraded"
    assert judge(report(degraded=("features: on cpu",))).exit_code == 1
    assert judge(report(state="starting")).exit_code == 1
    deaf = judge(report(state="deaf", reason="unplugged"))
    assert (deaf.exit_code, deaf.sentence.rpartition(": ")[2]) == (3, "unplugged")
    assert judge(report(state="stopping")).exit_code == 3


def test_a_dead_or_stuck_daemon_never_looks_healthy(ended):
    dead = judge(report(pid=ended))
    assert (dead.found, dead.exit_code) == ("dead", 3)
    stuck = judge(report(beat_s=time.monotonic() - STALE_S - 1))
    assert (stuck.found, stuck.exit_code) == ("stuck", 3)
    assert f"process {os.getpid()}" in stuck.sentence
    restarted = judge(report(beat_s=time.monotonic() + 3600))
    assert (restarted.found, restarted.exit_code) == ("dead", 3)
    assert judge(report(pid=0)).exit_code == 3
    assert judge(report(pid=2**70)).exit_code == 3


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: json.dumps(text).encode())))
def test_no_bytes_look_healthy(tmp_path_factory, raw):
    file = tmp_path_factory.mktemp("run") / NAME
    file.write_bytes(raw)
    found = judge(read(file))
    assert (found.found, found.exit_code) == ("unreadable", 3)
    assert str(file) in found.sentence


@given(
    st.sampled_from([field.name for field in dataclasses.fields(Report)]),
    st.sampled_from([None, [], {}, "x", -1, 1.5, True, [1]]),
)
def test_a_report_that_was_changed_is_healthy_only_if_it_is_still_a_report(tmp_path_factory, name, value):
    file = tmp_path_factory.mktemp("run") / NAME
    good = dataclasses.asdict(report())
    file.write_text(json.dumps({**good, name: value}))
    found = judge(read(file))
    assert found.exit_code in (0, 1, 3)
    if name in ("pid", "beat_s", "state"):
        assert found.exit_code == 3 or value in (-1, 1.5, True)


def test_the_run_folder_is_the_services_the_sessions_or_the_systems(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/edged:/run/other")
    assert str(own_file()) == f"/run/edged/{NAME}"
    monkeypatch.delenv("RUNTIME_DIRECTORY")
    assert str(own_file()) == f"/run/user/7/edged/{NAME}"
    assert files()[1] == tmp_path / "run/edged" / NAME
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert own_file() == (tmp_path / "run/edged" / NAME if os.geteuid() == 0 else None)


def test_a_healthy_service_is_found_behind_a_run_that_died(tmp_path, monkeypatch, ended):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "user"))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert health().found == "absent"
    mine, services = files()
    ReportFile(mine).write(report(pid=ended))
    assert health().found == "dead"
    ReportFile(services).write(report())
    assert health().found == "hearing"
    mine.unlink()
    mine.mkdir()
    assert health().found == "hearing"
    services.unlink()
    assert health().found == "unreadable"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.4, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (90000, "1 d 1 h")],
)
def test_a_duration_in_the_two_units_that_matter(seconds, expected):
    assert duration(seconds) == expected


def test_what_is_no_moment_is_shown_as_it_is():
    assert clock("yesterday") == "yesterday"

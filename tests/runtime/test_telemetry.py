"""Telemetry looks when it is time, counts what leaves, serves who asks, and never costs the run."""

import logging
import urllib.request

import pytest

from edged.config.schema import Telemetry as Settings
from edged.errors import ConfigError, SinkError
from edged.messages import Activation, Event, Ran, Scores
from edged.runtime.outlets import Outlets
from edged.runtime.telemetry import Telemetry
from edged.runtime.timing import StageTimes
from edged.telemetry.metrics import Number
from tests.machines import machine, put

HELD = "/sys/class/thermal/cooling_device1/cur_state"
ACTIVATION = Activation("alexa", 0.9, (0.9,), 0.5, 0, Ran("cpu", "cpu"), 1.0)


class Time:
    now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def rock(tmp_path, monkeypatch):
    root = machine(tmp_path / "machine", "rock-5b", "v61")
    monkeypatch.setenv("EDGED_SYSROOT", str(root))
    return root


def rewrite(root, path: str, content: str) -> None:
    (root / path.lstrip("/")).unlink()
    put(root, path, content)


def step(telemetry: Telemetry, time: Time, at: float) -> None:
    """One step at a time; the wait behind it is cut short."""
    time.now = at
    telemetry._wake.set()
    telemetry.step()
    assert not telemetry._wake.is_set(), "the thread would never rest again"


def test_the_machine_is_looked_at_as_often_as_asked(rock):
    time = Time()
    telemetry = Telemetry(Settings(sample_s=20.0), StageTimes(), clock=time)
    looked = []
    for at in range(50, 100):
        step(telemetry, time, at)
        looked.append(telemetry.sample.at)
    assert sorted(set(looked)) == [50, 70, 90]


def test_the_text_file_is_there_at_once_and_follows_every_look(rock, tmp_path):
    file, time = tmp_path / "edged.prom", Time()
    telemetry = Telemetry(Settings(metrics_file=str(file)), StageTimes(), clock=time)
    assert b"edged_info{" in file.read_bytes()
    telemetry.tap(Event("mic", 1, 0, "", ACTIVATION))
    step(telemetry, time, 60.0)
    assert b'edged_activations_total{head="alexa"} 1.0' in file.read_bytes()
    telemetry.tap(Event("mic", 2, 0, "", ACTIVATION))
    telemetry.stop()
    assert b'edged_activations_total{head="alexa"} 2.0' in file.read_bytes()


def test_a_text_file_that_cannot_be_written_any_more_is_told_once(rock, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    folder, time = tmp_path / "run", Time()
    folder.mkdir()
    telemetry = Telemetry(Settings(metrics_file=str(folder / "edged.prom")), StageTimes(), clock=time)
    (folder / "edged.prom").unlink()
    folder.rmdir()
    for at in (60.0, 70.0, 80.0):
        step(telemetry, time, at)
    folder.mkdir()
    step(telemetry, time, 90.0)
    levels = [(record.levelname, record.name) for record in caplog.records]
    assert levels == [("WARNING", "edged.runtime.telemetry"), ("INFO", "edged.runtime.telemetry")]


def test_what_cannot_be_opened_is_refused_in_a_sentence(rock, tmp_path):
    with pytest.raises(SinkError, match="metrics: cannot write "):
        Telemetry(Settings(metrics_file=str(tmp_path / "none" / "x.prom")), StageTimes())
    with pytest.raises(ConfigError, match="power_sensor"):
        Telemetry(Settings(power_sensor="/sys/nothing"), StageTimes())


def test_metrics_are_served_where_asked_and_the_address_is_given_back(rock):
    times = StageTimes()
    telemetry = Telemetry(Settings(metrics="127.0.0.1:0"), times)
    telemetry.start()
    try:
        times.add("features", 0.001)
        with urllib.request.urlopen(f"http://127.0.0.1:{telemetry.port}/metrics", timeout=10) as answer:
            text = answer.read()
    finally:
        telemetry.stop()
    assert b'edged_stage_seconds_count{provider="cpu",stage="features"} 1.0' in text
    assert b"edged_hops_total 1.0" in text
    again = Telemetry(Settings(metrics=f"127.0.0.1:{telemetry.port}"), times)
    again.stop()


def test_numbers_of_others_are_asked_for_when_somebody_asks_and_not_before(rock):
    telemetry, asked = Telemetry(Settings(), StageTimes()), []

    def others():
        asked.append(True)
        return [Number("edged_guests", "Guests.", (), {(): 3.0})]

    telemetry.show(others)
    assert not asked
    assert b"\nedged_guests 3.0\n" in telemetry.text()
    assert len(asked) == 1


def test_heat_that_holds_a_clock_down_is_told_on_change(rock, caplog):
    caplog.set_level(logging.INFO)
    time = Time()
    telemetry = Telemetry(Settings(), StageTimes(), clock=time)
    for at, state in ((50, "0"), (60, "3"), (70, "5"), (80, "0"), (90, "0")):
        rewrite(rock, HELD, state)
        step(telemetry, time, at)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "heat holds cpufreq-cpu4 down at 41 °C"),
        ("INFO", "heat no longer holds cpufreq-cpu4 down at 41 °C"),
    ]


def test_a_sensor_is_read_more_often_while_a_command_is_open(rock):
    put(rock, "/sys/class/hwmon/hwmon30/name", "ina226\n")
    put(rock, "/sys/class/hwmon/hwmon30/power1_input", "2000000\n")
    time = Time()
    telemetry = Telemetry(Settings(sample_s=3600.0), StageTimes(), clock=time)
    step(telemetry, time, 50.0)
    telemetry.meter.begin(1)
    step(telemetry, time, 51.0)
    rewrite(rock, "/sys/class/hwmon/hwmon30/power1_input", "6000000\n")
    step(telemetry, time, 53.0)
    assert telemetry.meter.end(1, 0.0).joules == pytest.approx(1 * 2 + 2 * 4)


def test_every_event_but_scores_is_tapped_even_where_nobody_reads():
    seen = []
    outlets = Outlets([], lossless=False, on_end=lambda worker: None, taps=[seen.append])
    outlets.emit("mic", None, 0, ACTIVATION)
    outlets.emit("mic", None, 0, Scores({}, False))
    assert [event.body for event in seen] == [ACTIVATION]


def test_a_run_without_metrics_does_not_pay_for_them(rock):
    telemetry = Telemetry(Settings(), StageTimes())
    assert telemetry.port is None
    assert [worker.name for worker in telemetry.workers] == ["telemetry"]
    telemetry.stop()

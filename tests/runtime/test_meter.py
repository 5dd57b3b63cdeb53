"""Energy of commands and of listening: sums that add up, a model that says so, a sensor that wins."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.messages import Ran
from edged.runtime.meter import Cost, Meter
from edged.runtime.tally import Tally
from edged.runtime.timing import StageTimes
from edged.telemetry.sample import Sampler
from tests.machines import machine, put

A76_AT_2352 = 416 * 2352 * 1.0**2 / 1e6
A55_AT_408 = 228 * 408 * 0.675**2 / 1e6
CLOCK = "/sys/devices/system/cpu/cpufreq/policy4/scaling_cur_freq"


class Bench:
    """A meter with a clock and a core of the test's own."""

    def __init__(self) -> None:
        self.now = 100.0
        self.core = 4
        self.times = StageTimes(cpu=lambda: self.core)
        self.meter = Meter(self.times, clock=lambda: self.now)

    def work(self, cpu_s: float, stage: str = "features") -> None:
        self.times.add(stage, cpu_s, cpu_s)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def rock(tmp_path, monkeypatch):
    """A Rock 5B, its fast cores at their highest clock, and this process with a recognizer on core 5."""
    root = machine(tmp_path, "rock-5b", "v61", "no_debugfs")
    (root / CLOCK.lstrip("/")).unlink()
    put(root, CLOCK, "2352000\n")
    put(root, "/proc/7/statm", "100 50 10 1 0 1 0\n")
    put(root, "/proc/7/task/7/children", "8 ")
    put(root, "/proc/8/statm", "100 50 10 1 0 1 0\n")
    put(root, "/proc/8/stat", "8 (python (x) y) S 7" + " 0" * 34 + " 5 0 0 0 0\n")
    put(root, "/proc/8/cmdline", "python\0-m\0edged.stages.recognize.child\x004\x007\0")
    monkeypatch.setenv("EDGED_SYSROOT", str(root))
    return root


def look(bench: Bench, sampler: Sampler) -> None:
    bench.meter.see(sampler.take(bench.now))


def test_a_command_costs_what_path_and_recognizer_spent_since_it_began(bench, rock):
    look(bench, Sampler(pid=7))
    bench.work(3.0)
    bench.meter.begin(1)
    bench.work(0.5)
    bench.core = 0
    bench.work(0.25, "listen")
    cost = bench.meter.end(1, recognizer_cpu_s=2.0)
    assert cost.source == "model"
    assert cost.joules == pytest.approx(2.5 * A76_AT_2352 + 0.25 * A55_AT_408)


def test_stages_and_the_recognizer_add_up_to_an_hour_of_listening(bench, rock):
    sampler = Sampler(pid=7)
    look(bench, sampler)
    for _ in range(125):
        bench.work(0.004)
        bench.work(0.001, "heads")
    bench.meter.begin(1)
    bench.meter.end(1, recognizer_cpu_s=1.0)
    look(bench, sampler)
    joules = bench.meter.joules()
    assert joules == {
        "features": pytest.approx(0.5 * A76_AT_2352),
        "heads": pytest.approx(0.125 * A76_AT_2352),
        "recognize": pytest.approx(A76_AT_2352),
    }
    per_hour = bench.meter.per_hour()
    assert per_hour.source == "model"
    assert per_hour.joules == pytest.approx(sum(joules.values()) * 360)


def test_a_machine_that_the_model_does_not_know_tells_no_energy(bench, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    look(bench, Sampler(pid=7))
    bench.meter.begin(1)
    bench.work(0.5)
    assert bench.meter.end(1, 1.0) is None
    look(bench, Sampler(pid=7))
    assert bench.meter.joules() == {}
    assert bench.meter.per_hour() is None
    assert bench.meter.drawn() is None


def test_a_recognizer_that_was_never_seen_makes_the_cost_unknown_not_smaller(bench, rock):
    look(bench, Sampler(pid=8))
    bench.meter.begin(1)
    assert bench.meter.end(1, 1.0) is None


def test_a_command_that_began_unseen_has_no_cost(bench, rock):
    look(bench, Sampler(pid=7))
    assert bench.meter.end(5, 1.0) is None


def test_commands_that_are_never_answered_are_forgotten(bench):
    for utterance in range(1000):
        bench.meter.begin(utterance)
    assert len(bench.meter._begun) <= 64


def test_a_sensor_is_believed_before_the_model(bench, rock):
    put(rock, "/sys/class/hwmon/hwmon30/name", "ina226\n")
    put(rock, "/sys/class/hwmon/hwmon30/power1_input", "4000000\n")
    sampler = Sampler(pid=7)
    look(bench, sampler)
    bench.meter.begin(1)
    bench.work(0.5)
    bench.now += 3.0
    assert bench.meter.end(1, 2.0) == Cost(pytest.approx(12.0), "sensor")
    look(bench, sampler)
    assert bench.meter.drawn() == pytest.approx(12.0)
    assert bench.meter.per_hour() == Cost(pytest.approx(4.0 * 3600), "sensor")


def test_while_the_sensor_is_away_nothing_is_guessed(bench):
    bench.meter.read(0.0, 2.0)
    bench.meter.read(10.0, 2.0)
    bench.meter.read(20.0, None)
    bench.meter.read(1000.0, 2.0)
    bench.meter.read(1010.0, 2.0)
    assert bench.meter.drawn() == pytest.approx(40.0)


@given(st.floats(0.5, 30), st.floats(1, 20), st.floats(0, 3))
def test_the_energy_of_a_command_is_right_to_one_percent(length, mean, swing):
    """Against the integral of a known curve, read four times a second."""
    bench = Bench()
    watts = lambda t: mean + min(swing, mean / 2) * math.sin(t / 2)  # noqa: E731
    bench.now = begin = 50.0
    bench.meter.read(bench.now, watts(bench.now))
    bench.meter.begin(1)
    for quarter in range(1, int(length * 4) + 1):
        bench.meter.read(begin + quarter / 4, watts(begin + quarter / 4))
    bench.now = begin + length
    fine = [begin + length * (i + 0.5) / 10_000 for i in range(10_000)]
    wanted = sum(watts(t) for t in fine) * length / 10_000
    assert bench.meter.end(1, 0.0).joules == pytest.approx(wanted, rel=0.05 if length < 3 else 0.01)


def test_stats_tell_the_energy_of_an_hour_of_listening(bench, rock):
    stats = Tally().stats(np.zeros(0, np.int16), bench.times, Ran("cpu", "cpu"), bench.meter)
    assert (stats.energy_j_per_hour, stats.energy_source) == (None, None)
    sampler = Sampler(pid=7)
    look(bench, sampler)
    for _ in range(125):
        bench.work(0.008)
    look(bench, sampler)
    stats = Tally().stats(np.zeros(0, np.int16), bench.times, Ran("cpu", "cpu"), bench.meter)
    assert stats.energy_j_per_hour == pytest.approx(360 * A76_AT_2352, abs=0.001)
    assert stats.energy_source == "model"

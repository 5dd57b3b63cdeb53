"""Clocks and heat are told, and what holds the machine down."""

import os
import threading
import time

import pytest

from edged.doctor import clocks
from edged.doctor.case import take
from edged.runtime.realtime import hurry_path
from edged.runtime.report import Report, ReportFile, own_file
from tests.doctor.patients import patient

CPUFREQ = "sys/devices/system/cpu/cpufreq"


def write(root, path, content):
    file = root / path
    file.chmod(0o644)
    file.write_text(content)


@pytest.fixture
def board(root, bin_folder):
    return patient(root, "nanopc-t6", "v61")


def found(config_file):
    return [finding for finding in clocks.check(take(config_file)) if finding.state != "good"]


def test_a_governor_that_never_speeds_up_is_said(board, config_file):
    write(board, f"{CPUFREQ}/policy6/scaling_governor", "powersave\n")
    (finding,) = found(config_file)
    assert finding.what == "A76 6-7: 408 of 2352 MHz, governor powersave: always the lowest clock"
    assert finding.remedy.endswith("cpufreq/policy6/scaling_governor")


def test_heat_and_what_it_holds_down_are_said(board, config_file):
    write(board, "sys/class/thermal/thermal_zone1/temp", "91234\n")
    write(board, "sys/class/thermal/cooling_device2/cur_state", "7\n")
    hot, held = found(config_file)
    assert hot.what == "hottest: bigcore0-thermal 91 °C"
    assert held.what == "heat holds cpufreq-cpu6 down, by 100% of what it can"


def test_placement_that_is_off_is_said(board, config_file):
    config_file.write_text('[service]\nplacement = "off"\n')
    said = [finding.what for finding in clocks.check(take(config_file))]
    assert "threads run where the scheduler puts them: placement is off" in said


@pytest.fixture
def daemon(root):
    """One that runs: this process, with a thread that has done what its path does first."""
    now = "2026-11-28T12:00:00Z"
    said = Report(os.getpid(), "1", now, now, time.monotonic(), "hearing", "", now)
    ReportFile(own_file()).write(said)
    rest = threading.Event()

    def hear(hurry) -> None:
        hurry()
        hears.set()
        rest.wait()

    hears, threads = threading.Event(), []

    def start(hurry) -> None:
        threads.append(threading.Thread(target=hear, args=(hurry,)))
        threads[0].start()
        assert hears.wait(30)

    yield start
    rest.set()
    for thread in threads:
        thread.join()


def urgency(config_file):
    return [(each.state, each.what) for each in clocks.check(take(config_file)) if "sound" in each.what]


def test_a_daemon_in_real_time_is_praised(daemon, config_file):
    granted = []
    daemon(lambda: granted.append(hurry_path()))
    if granted != [True]:
        pytest.skip("this user may not have real-time priority")
    assert urgency(config_file) == [("good", "sound goes before all other programs: real-time priority")]


def test_one_that_was_refused_real_time_is_told_how_it_gets_it(daemon, config_file):
    daemon(lambda: None)
    (finding,) = found(config_file)
    assert finding.what == (
        "the system refused edged real-time priority: sound may be late while others compute"
    )
    assert finding.remedy.startswith("LimitRTPRIO=6 in its unit")


@pytest.mark.parametrize(
    "toml",
    [
        '[audio]\nsource = "stdin:16000"\n',
        '[audio]\nsource = "nonsense"\n',
        '[audio]\nsource = "mic:"\n[service]\nrealtime = "off"\n',
    ],
)
def test_who_does_not_want_it_is_not_blamed(daemon, config_file, toml):
    daemon(lambda: None)
    config_file.write_text(toml)
    assert found(config_file) == []


def test_where_no_daemon_runs_nothing_is_said_of_it(root, config_file):
    assert urgency(config_file) == []

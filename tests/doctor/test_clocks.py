"""Clocks and heat are told, and what holds the machine down."""

import pytest

from edged.doctor import clocks
from edged.doctor.case import take
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

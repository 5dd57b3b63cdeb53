"""On every board, kernel and nasty variant the doctor is right, and nothing it meets is a traceback."""

import pytest

from edged.doctor import audio, board, clocks, files, gpu, groups, npu, service
from edged.doctor.case import take
from edged.doctor.examine import CHECKS, guarded
from edged.doctor.finding import EXIT_CODES, Finding, worst
from tests.doctor.patients import patient
from tests.machines import MACHINES, NASTY_MACHINES

OF_THE_MACHINE = (board, files, groups, audio, gpu, npu, clocks, service)
"""Checks whose answer lies in the machine's files; models, stages and software have tests of their own."""

KINDS = {
    "v510": "vendor+mali",
    "v61": "vendor+mali",
    "v61-panthor": "vendor+panthor",
    "ml618": "mainline",
}
MICROPHONE = {
    ("rock-5b", True): "rockchipes8316",
    ("rock-5b", False): "rk3588es8316",
    ("orangepi-5", True): "rockchipes8388",
    ("orangepi-5", False): "rockchipes8388",
    ("orangepi-5-plus", True): "rockchipes8388",
    ("orangepi-5-plus", False): "Analog",
    ("nanopc-t6", True): "realtekrt5616co",
    ("nanopc-t6", False): "realtekrt5616co",
}
"""Card that is taken; True on vendor kernels."""

TROUBLE = {
    "no_render_group": ("groups",),
    "held_by_heat": ("clocks",),
}
"""Checks that a variant is seen by on every machine."""


def trouble(nasty: str, kernel: str) -> set[str]:
    """Return the checks that may find something with this variant on this kernel; all others must not."""
    seen = set(TROUBLE.get(nasty, ()))
    if nasty == "no_renderD129" and kernel != "ml618":
        seen.add("npu")
    if nasty == "mali0_0600" and KINDS[kernel] == "vendor+mali":
        seen.add("gpu")
    return seen


def examined(file) -> list[Finding]:
    case = take(file)
    return [finding for each in OF_THE_MACHINE for finding in guarded(each.NAME, each.check, case)]


@pytest.mark.parametrize(("name", "kernel"), MACHINES)
def test_a_board_in_order_is_good(root, bin_folder, config_file, name, kernel):
    patient(root, name, kernel)
    found = examined(config_file)
    assert [finding for finding in found if finding.state != "good"] == []
    said = {
        check: " | ".join(each.what for each in found if each.check == check) for check in checks_of(found)
    }
    assert said["board"].startswith(f"{name}: ")
    assert board.MEANING[KINDS[kernel]] in said["board"]
    assert f"mic: takes mic:{MICROPHONE[name, kernel != 'ml618']}" in said["audio"]
    assert ("libmali g6p0-01eac0" in said["gpu"]) == (KINDS[kernel] == "vendor+mali")
    assert ("driver 0.9." in said["npu"]) == (kernel != "ml618")
    assert ("librknnrt.so 2.3.2" in said["npu"]) == (kernel != "ml618")
    assert ("unusable for .rknn" in said["npu"]) == (kernel == "ml618")
    assert "A76 6-7: " in said["clocks"]
    assert "hottest: " in said["clocks"]


def checks_of(found: list[Finding]) -> list[str]:
    return list(dict.fromkeys(finding.check for finding in found))


@pytest.mark.parametrize(("name", "kernel", "nasty"), NASTY_MACHINES)
def test_whatever_is_amiss_is_found_where_it_is_and_nowhere_else(
    root, bin_folder, config_file, name, kernel, nasty
):
    patient(root, name, kernel, nasty)
    found = examined(config_file)
    assert [finding for finding in found if "itself broke" in finding.what] == []
    assert {finding.check for finding in found if finding.state != "good"} == trouble(nasty, kernel)
    assert all(finding.remedy for finding in found if finding.state != "good")
    assert worst(found) != "broken"


def test_an_empty_machine_is_examined_to_the_end(root, bin_folder, config_file):
    found = examined(config_file)
    assert checks_of(found) == [each.NAME for each in OF_THE_MACHINE]
    assert {finding.check: finding.remedy for finding in found if finding.state == "broken"} == {
        "audio": audio.PLUG_IN
    }


def test_a_fault_in_a_check_is_a_finding_and_the_others_go_on(root, bin_folder, config_file):
    def broken(case):
        yield Finding("odd", "good", "began")
        raise ZeroDivisionError("by nothing")

    found = list(guarded("odd", broken, take(config_file)))
    assert [finding.what for finding in found] == [
        "began",
        "this check itself broke: ZeroDivisionError: by nothing",
    ]
    assert found[1].state == "degraded"
    assert found[1].remedy


def test_every_file_of_a_check_is_run():
    names = [check.NAME for check in CHECKS]
    assert len(set(names)) == len(names) == 11
    assert {check.__name__.rpartition(".")[2] for check in CHECKS} == set(names)


@pytest.mark.parametrize(
    ("states", "code"),
    [([], 0), (["good", "good"], 0), (["good", "degraded"], 1), (["degraded", "broken", "good"], 3)],
)
def test_the_exit_code_is_that_of_the_worst(states, code):
    assert EXIT_CODES[worst(Finding("x", state, "") for state in states)] == code

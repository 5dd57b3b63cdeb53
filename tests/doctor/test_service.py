"""What systemd says of the unit is said in words, every way to fail with its own remedy."""

import pytest

from edged.doctor import service
from edged.doctor.case import take
from tests.doctor.patients import program

RUNS = {
    "LoadState": "loaded",
    "UnitFileState": "enabled",
    "ActiveState": "active",
    "SubState": "running",
    "Result": "success",
    "ExecMainCode": "0",
    "ExecMainStatus": "0",
    "NRestarts": "0",
    "StatusText": "hears hey_jarvis",
}
FAILED = {**RUNS, "ActiveState": "failed", "SubState": "failed", "Result": "exit-code", "ExecMainCode": "1"}


def judged(**changes):
    return list(service.judge({**RUNS, **changes}))


def test_a_unit_that_runs_is_good_and_shows_its_status():
    (finding,) = judged()
    assert (finding.state, finding.what) == ("good", "edged.service runs: hears hey_jarvis")


@pytest.mark.parametrize("code", service.MEANING)
def test_every_exit_code_is_explained(code):
    (finding,) = service.judge({**FAILED, "ExecMainStatus": str(code)})
    assert finding.state == "broken"
    assert finding.what == f"edged.service failed: {service.MEANING[code][0]} (exit code {code})"
    assert finding.remedy == service.MEANING[code][1]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"Result": "watchdog", "ExecMainCode": "3", "ExecMainStatus": "6"}, "no sign of life"),
        ({"Result": "timeout"}, "not ready in time"),
        ({"Result": "oom-kill", "ExecMainCode": "2"}, "more memory"),
        ({"Result": "start-limit-hit", "ExecMainStatus": "78"}, "again and again"),
        ({"Result": "signal", "ExecMainCode": "2", "ExecMainStatus": "11"}, "signal 11 ended it"),
        ({"ExecMainStatus": "99"}, "exit-code (exit code 99)"),
        ({"ExecMainStatus": "", "Result": ""}, "no result"),
    ],
)
def test_every_other_end_is_explained(changes, what):
    (finding,) = service.judge({**FAILED, **changes})
    assert what in finding.what
    assert finding.remedy


@pytest.mark.parametrize(
    ("changes", "state", "what"),
    [
        ({"LoadState": "not-found"}, "degraded", "is not installed"),
        ({"LoadState": "masked"}, "degraded", "is masked"),
        ({"LoadState": "bad-setting"}, "degraded", "cannot be loaded (bad-setting)"),
        ({"ActiveState": "activating", "SubState": "start"}, "degraded", "is activating"),
        ({"ActiveState": "inactive", "SubState": "dead"}, "broken", "does not run"),
        ({"ActiveState": "inactive", "SubState": "dead", "Result": "exit-code"}, "broken", "failed"),
        ({"UnitFileState": "disabled"}, "degraded", "is not enabled"),
        ({"NRestarts": "3"}, "degraded", "3 times"),
    ],
)
def test_every_other_state_is_told(changes, state, what):
    finding = judged(**changes)[-1]
    assert finding.state == state
    assert what in finding.what
    assert finding.remedy


def test_a_crash_loop_between_two_starts_says_why():
    changes = {"ActiveState": "activating", "SubState": "auto-restart", "Result": "exit-code"}
    found = judged(**changes, ExecMainCode="1", ExecMainStatus="78", NRestarts="4")
    assert [finding.state for finding in found] == ["broken", "degraded"]
    assert "the configuration is wrong (exit code 78)" in found[0].what


def asked(config_file):
    return [(finding.state, finding.what) for finding in service.check(take(config_file))]


def test_systemctl_is_asked_once_for_all_of_it(root, bin_folder, config_file):
    lines = "\n".join(f"echo '{key}={value}'" for key, value in RUNS.items())
    program(bin_folder, "systemctl", f'[ "$1 $2" = "show edged.service" ] || exit 9\n{lines}')
    assert asked(config_file) == [("good", "edged.service runs: hears hey_jarvis")]


@pytest.mark.parametrize(
    "script", ["exit 1", "echo garbage", "echo 'System has not been booted' >&2; exit 1"]
)
def test_without_systemd_there_is_no_fault(root, bin_folder, config_file, script):
    nothing = [("good", "systemd does not run here: edged is started by hand")]
    assert asked(config_file) == nothing
    program(bin_folder, "systemctl", script)
    assert asked(config_file) == nothing

"""The unit and its friends, as files: what systemd thinks of them, and that they say what the daemon does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edged import errors
from edged.config.load import load
from edged.runtime import realtime
from tests.daemon import ROOT

SYSTEMD = ROOT / "systemd"
UNIT = SYSTEMD / "edged.service"
EXAMPLE = ROOT / "config" / "edged.toml"
MOST_EXPOSURE = 1.8


def settings(name: str) -> list[str]:
    """Every value that a key of the unit is given."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("not installed: systemd-analyze")
    command = ("systemd-analyze", *map(str, arguments))
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_exposes_little():
    done = analyze("security", "--offline=true", "--no-pager", UNIT)
    (exposure,) = re.findall(r"Overall exposure level for edged.service: ([\d.]+)", done.stdout)
    assert float(exposure) <= MOST_EXPOSURE


def test_systemd_understands_every_line(tmp_path):
    """Programs are looked for on this machine, which has no /opt/edged: an own one stands in."""
    unit = tmp_path / "edged.service"
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/edged/bin/edged", "/bin/true"))
    done = analyze("verify", "--man=no", unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_it_does_not_try_again_where_a_person_must_act():
    (prevented,) = settings("RestartPreventExitStatus")
    hopeless = {2, errors.ModelError.exit_code, errors.ConfigError.exit_code}
    assert set(map(int, prevented.split())) == hopeless


def test_every_group_that_it_joins_is_made_first():
    (joined,) = settings("SupplementaryGroups")
    made = (SYSTEMD / "edged.sysusers").read_text(encoding="utf-8")
    assert all(re.search(rf"^g {group} ", made, re.MULTILINE) for group in joined.split())


def test_it_grants_the_priority_that_the_daemon_asks_for_and_no_more():
    assert settings("LimitRTPRIO") == [str(max(realtime.PATH, realtime.CAPTURE))]
    assert settings("LimitNICE") == [str(realtime.NICENESS)]


@pytest.mark.parametrize(
    "setting",
    ["CPUWeight", "CPUQuota", "PrivateDevices", "MemoryDenyWriteExecute", "RestrictRealtime"],
)
def test_it_leaves_alone_what_breaks_boards(setting):
    assert settings(setting) == []


def test_the_example_is_a_good_configuration():
    loaded = load(EXAMPLE, environ={"EDGED__AUDIO__SOURCE": f"stdin:{16_000}"})
    assert [word.name for word in loaded.config.heads.word] == ["hey_jarvis"]


def test_what_the_example_leaves_out_shows_the_default(tmp_path):
    """Take away the # before keys and tables: nothing is unknown, and nothing changes."""
    said = re.sub(r"^# (?=\[|\w+ = )", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert said.count("\n[") > EXAMPLE.read_text(encoding="utf-8").count("\n[")
    (tmp_path / "edged.toml").write_text(said)
    environ = {"EDGED__AUDIO__SOURCE": f"stdin:{16_000}"}
    whole, short = load(tmp_path / "edged.toml", environ), load(EXAMPLE, environ)
    assert whole.config.model_dump() | {"heads": None} == short.config.model_dump() | {"heads": None}
    assert whole.config.heads.word[0].threshold == short.config.heads.threshold

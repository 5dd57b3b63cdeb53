"""The built package on a booted Debian 12 without network: `systemctl start edged` is the way in, and out."""

import json
import shutil

import numpy as np
import pytest
import soundfile

from tests.daemon import DEMO, models
from tests.packaging import debian

__all__ = ["models"]

pytestmark = [pytest.mark.timeout(1500), pytest.mark.xdist_group("a booted Debian")]

HERE = debian.ROOT / "tests" / "packaging"
LOOPS = 120
"""Times that the demo recording is heard: more than all sections together take."""

UNIT = """[Unit]
After=multi-user.target
FailureAction=poweroff-force
[Service]
Type=oneshot
TimeoutStartSec=600
ExecStart=/usr/bin/python3.11 /srv/probe/probe.py
"""


@pytest.fixture(scope="module")
def seen(models, tmp_path_factory) -> dict:
    """What the probe saw, section by section, in one boot."""
    debian.need("systemd-nspawn", "debootstrap", "dpkg-deb")
    work = tmp_path_factory.mktemp("nspawn")
    bound, results = work / "bound", work / "results"
    shutil.copytree(models, bound / "models")
    results.mkdir()
    pcm, rate = soundfile.read(DEMO, dtype="int16")
    soundfile.write(bound / "sound.wav", np.tile(pcm, LOOPS), rate)
    (bound / "sound.raw").write_bytes(pcm.tobytes())
    for script in ("probe.py", "inside.py"):
        shutil.copy(HERE / script, bound)
    debian.package("amd64", bound)
    shutil.copytree(debian.wheels("amd64"), bound / "wheels")
    for name in ("scripts", "systemd", "config", "docs", "requirements"):
        shutil.copytree(debian.ROOT / name, bound / "checkout" / name)
    for name in ("README.md", "CHANGELOG.md", "pyproject.toml"):
        shutil.copy(debian.ROOT / name, bound / "checkout")
    for path in (bound, *bound.rglob("*")):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o644))
    with debian.writable(debian.root("amd64"), work) as machine:
        shutil.copy(HERE / "arecord.py", machine / "usr/local/bin/arecord")
        (machine / "usr/local/bin/arecord").chmod(0o755)
        units = machine / "etc/systemd/system"
        (units / "probe.service").write_text(UNIT)
        (units / "default.target.wants").mkdir(exist_ok=True)
        (units / "default.target.wants/probe.service").symlink_to("../probe.service")
        said = debian.run(
            *("systemd-nspawn", "--register=no", "--keep-unit", "--console=pipe", "--private-network"),
            *(
                f"--bind-ro={bound}:/srv/probe",
                f"--bind={results}:/results",
                "--boot",
                "--directory",
                machine,
            ),
            timeout=1200,
        )
    assert (results / "results.json").exists(), said
    return json.loads((results / "results.json").read_text())


def of(seen: dict, section: str) -> dict:
    """Return one section; one that broke fails the test that wants it."""
    found = seen[section]
    assert "broke" not in found, found["broke"]
    return found


def test_it_installs_without_network_and_again_over_itself(seen):
    install = of(seen, "install")
    assert install["dpkg"]["code"] == install["twice"]["code"] == 0, install
    assert install["version"]["said"].startswith("edged ")
    assert install["bench"]["code"] == 0
    assert install["files"]["said"] == "", "files differ from the package"


def test_it_makes_the_user_and_switches_no_microphone_on(seen):
    install = of(seen, "install")
    assert (install["enabled"], install["state"]["ActiveState"]) == ("disabled", "inactive")
    assert all(f"({group})" in install["id"] for group in ("edged", "audio", "video", "render"))
    assert install["owners"] == {
        "/var/lib/edged/models": "edged 755",
        "/etc/edged/credentials": "root 700",
        "/etc/edged/edged.toml": "root 644",
    }


def test_systemd_and_udev_find_nothing_wrong_in_it(seen):
    install = of(seen, "install")
    assert (install["verify"]["code"], install["verify"]["said"]) == (0, "")
    assert install["rules"] == ["Reading rules file: /usr/lib/udev/rules.d/40-edged.rules"]


@pytest.mark.parametrize(
    ("section", "status", "sentence"),
    [("not_accepted", "65", "accept_licences"), ("wrong_key", "78", "did you mean 'threshold'")],
)
def test_what_a_person_must_mend_fails_once_with_its_sentence(seen, section, status, sentence):
    found = of(seen, section)
    assert found["start"]["code"] != 0
    assert (found["ActiveState"], found["ExecMainStatus"], found["NRestarts"]) == ("failed", status, "0")
    assert sentence in found["journal"]


def test_start_returns_when_it_hears(seen):
    found = of(seen, "sandbox")
    assert found["start"]["code"] == 0
    assert (found["ActiveState"], found["NRestarts"]) == ("active", "0")
    assert found["StatusText"]


def test_it_runs_as_its_user_with_its_groups_folders_and_secret(seen):
    inside = of(seen, "sandbox")["inside"]
    assert inside["user"] == "edged"
    assert {"audio", "video", "render"} <= set(inside["groups"])
    assert inside["nice"] == -5
    assert inside["folders"] == {
        "STATE": "/var/lib/edged",
        "CACHE": "/var/cache/edged",
        "RUNTIME": "/run/edged",
    }
    assert inside["secret"] == "open sesame"
    for allowed in ("write state", "write cache", "write run", "read board"):
        assert inside[allowed] == "done", allowed


def test_its_threads_get_real_time_priority_where_systemd_itself_may_grant_it(seen):
    """A container without CAP_SYS_RESOURCE leaves the limit at 0; the daemon hears there as well."""
    inside = of(seen, "sandbox")["inside"]
    assert inside["real time"] == ("done" if inside["may be real time"] else "Operation not permitted")


@pytest.mark.parametrize(
    ("deed", "refusal"),
    [
        ("write etc", "Read-only file system"),
        ("write opt", "Read-only file system"),
        ("secret at home", "Permission denied"),
        ("read home", "Permission denied"),
        ("namespace", "Operation not permitted"),
        ("raw network", "Address family not supported by protocol"),
        ("become root", "Operation not permitted"),
    ],
)
def test_it_may_not(seen, deed, refusal):
    assert of(seen, "sandbox")["inside"][deed] == refusal


def test_its_configuration_is_read_only_even_to_root_in_its_place(seen):
    assert "Read-only file system" in of(seen, "sandbox")["root writes"]


def test_reload_takes_a_good_file_and_survives_a_bad_one(seen):
    found = of(seen, "reload")
    assert found["good"]["code"] == 0
    assert "in force now: heads" in found["journal"]
    assert "did you mean 'threshold'" in found["journal"]
    assert found["after"]["MainPID"] == found["before"]["MainPID"]
    assert found["after"]["ActiveState"] == "active"


def test_killed_it_hears_again(seen):
    found = of(seen, "killed")
    assert found["after"]["NRestarts"] == "1"
    assert found["seconds"] <= 15


def test_stopped_by_the_kernel_it_is_restarted_by_the_watchdog(seen):
    found = of(seen, "stuck")
    assert found["after"]["NRestarts"] == "1"
    assert "Watchdog timeout" in found["journal"]
    assert found["seconds"] <= 10 + 15, "the watchdog's time and a start"


def test_without_a_microphone_it_starts_says_so_and_waits(seen):
    found = of(seen, "microphone")
    assert found["start"]["code"] == 0
    assert found["absent"]["ActiveState"] == "active"
    assert found["absent"]["StatusText"].startswith("deaf")


def test_a_microphone_that_comes_back_is_heard_soon(seen):
    found = of(seen, "microphone")
    assert found["pulled out"]["NRestarts"] == "0"
    assert found["plugged in"] <= 5
    assert found["back after"] <= 5, "3 s, and what a loaded machine takes to say so"
    events = [json.loads(line) for line in found["events"].splitlines()]
    assert [event["state"] for event in events if event["event"] == "device"] == [
        "lost",
        "back",
        "lost",
        "back",
    ]
    assert (found["stop"]["Result"], found["stop"]["ExecMainStatus"]) == ("success", "0")


@pytest.mark.parametrize(("moment", "bound"), [("hearing", 3), ("command", 10), ("starting", 10)])
def test_stop_is_clean_and_in_time(seen, moment, bound):
    found = of(seen, "stopped")[moment]
    assert (found["ActiveState"], found["Result"]) == ("inactive", "success")
    assert found["ExecMainStatus"] == "0"
    assert found["seconds"] <= bound


def test_a_command_that_was_open_still_becomes_text(seen):
    events = [json.loads(line) for line in of(seen, "stopped")["command"]["events"].splitlines()]
    (endpoint,) = [event for event in events if event["event"] == "endpoint"]
    assert endpoint["reason"] == "shutdown"
    assert [event["utterance"] for event in events if event["event"] == "final"] == [endpoint["utterance"]]


def test_stopped_it_leaves_no_process_behind(seen):
    assert of(seen, "stopped")["left behind"] == ""


def test_a_crash_loop_ends_at_the_start_limit(seen):
    found = of(seen, "crash_loop")
    assert found["ActiveState"] == "failed"
    assert found["journal"].count("nowhere.wav: no such file") == 5


def test_removed_it_is_gone_and_leaves_what_is_the_owners(seen):
    found = of(seen, "remove")
    assert found["before"]["ActiveState"] == "active"
    assert found["remove"]["code"] == found["purge"]["code"] == 0, found
    assert found["left"] == ["/etc/edged/edged.toml", "/var/lib/edged"]
    assert (found["links"], found["processes"]) == ([], "")
    assert found["left after purge"] == []


def test_the_script_installs_from_wheels_and_again_under_a_running_service(seen):
    found = of(seen, "by_script")
    assert found["first"]["code"] == found["start"]["code"] == found["second"]["code"] == 0, found
    assert found["start"]["ActiveState"] == found["second"]["ActiveState"] == "active"
    assert found["start"]["MainPID"] != found["second"]["MainPID"], "still the old program"


def test_the_package_does_not_lie_down_on_an_installation_by_script(seen):
    refused = of(seen, "by_script")["package"]
    assert refused["code"] != 0
    assert "run it with --uninstall first" in refused["said"]


def test_the_script_takes_away_what_it_brought(seen):
    found = of(seen, "by_script")
    assert (found["uninstall"]["code"], found["uninstall"]["processes"]) == (0, "")
    assert found["left"] == ["/etc/edged/edged.toml"]

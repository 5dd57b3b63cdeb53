"""The configuration and the service's folders: every problem is told, and whose it is."""

import dataclasses

import pytest

from edged.doctor import files
from edged.doctor.accounts import Account
from edged.doctor.case import take


def found(case):
    return [finding for finding in files.check(case) if finding.state != "good"]


def test_every_problem_of_a_configuration_is_a_finding(root, tmp_path):
    file = tmp_path / "edged.toml"
    file.write_text("[heads]\ntreshold = 1\n[audio]\nchannel = -1\n")
    case = take(file)
    first, second = found(case)
    assert (first.state, second.state) == ("broken", "broken")
    assert f"{file}:2: " in first.what
    assert f"{file}:4: " in second.what
    assert case.config.heads.threshold == 0.5


def test_a_configuration_that_is_not_there_is_broken(root, tmp_path):
    (finding,) = found(take(tmp_path / "none.toml"))
    assert finding.state == "broken"
    assert "none.toml" in finding.what


def test_an_overlay_is_named_and_a_broken_one_is_a_finding(root, config_file):
    overlay = config_file.with_name("tuned.toml")
    overlay.write_text("[recognize]\nthreads = 2\n")
    said = [finding.what for finding in files.check(take(config_file))]
    assert f"configuration: {config_file}, tuned by {overlay}" in said
    overlay.write_text("[recognize]\nthreads = 99\n")
    assert any(f"{overlay}:2: " in finding.what for finding in found(take(config_file)))


def test_the_service_must_be_able_to_read_it(root, config_file):
    config_file.chmod(0o600)
    stranger = Account("edged", 4999, frozenset({4999}))
    (finding,) = found(dataclasses.replace(take(config_file), service=stranger))
    assert "edged may not read" in finding.what
    assert finding.remedy.startswith(f"sudo chmod o+r {config_file}")


def test_a_folder_in_other_hands_is_given_back(root, config_file):
    folder = root / "var/lib/edged"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    stranger = Account("edged", 4999, frozenset({4999}))
    (finding,) = found(dataclasses.replace(take(config_file), service=stranger))
    assert finding.state == "degraded"
    assert finding.remedy == f"sudo chown -R edged: {folder}"


@pytest.mark.parametrize(
    ("free_mb", "state"), [(9, "broken"), (10, "degraded"), (199, "degraded"), (200, "good")]
)
def test_little_room_is_told_in_time(free_mb, state, tmp_path):
    assert files.room("state", tmp_path, free_mb).state == state


def test_the_room_is_that_of_the_disk_where_the_folder_will_be(root, config_file):
    said = [finding.what for finding in files.check(take(config_file))]
    assert any(what.endswith(f"MB free for {root / 'var/lib/edged'}") for what in said)

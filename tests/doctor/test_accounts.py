"""Who may open what is decided as the kernel decides it, from files that may hold anything."""

import dataclasses
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.doctor import groups
from edged.doctor.accounts import Account, account, current, how_locked, with_service_groups
from edged.doctor.accounts import groups as groups_here
from edged.doctor.case import take
from edged.doctor.distribution import Distribution, distribution, parsed
from tests.doctor.patients import SERVICE_UID, users
from tests.machines import put

ME, MINE = os.geteuid(), os.getegid()


@pytest.mark.parametrize(
    ("mode", "who", "expected"),
    [
        (0o600, Account("owner", ME, frozenset()), True),
        (0o060, Account("member", ME + 1, frozenset({MINE})), True),
        (0o060, Account("other", ME + 1, frozenset({MINE + 1})), False),
        (0o606, Account("other", ME + 1, frozenset({MINE + 1})), True),
        (0o606, Account("member", ME + 1, frozenset({MINE})), False),
        (0o640, Account("member", ME + 1, frozenset({MINE})), False),
        (0o000, Account("root", 0, frozenset()), True),
    ],
)
def test_owner_then_group_then_others_decide(tmp_path, mode, who, expected):
    file = tmp_path / "node"
    file.write_text("")
    file.chmod(mode)
    assert who.may(file) is expected


def test_a_user_has_its_own_group_and_those_that_name_it(root):
    users(root, "render")
    edged = account("edged")
    assert edged == Account("edged", SERVICE_UID, frozenset({SERVICE_UID, 29, 44, 105}))
    assert account("nobody") is None
    assert groups_here()["render"] == 105
    assert with_service_groups(Account("x", 7, frozenset({7}))).gids == {7, 29, 44, 105}


def test_who_asks_has_a_name_also_without_passwd(root):
    assert current().uid == ME
    assert current().name in ("root", f"user {ME}")


def test_a_lock_is_shown_with_its_group(root, tmp_path):
    put(root, "/etc/group", f"mygroup:x:{MINE}:\n")
    file = tmp_path / "node"
    file.write_text("")
    file.chmod(0o640)
    assert how_locked(file).startswith("-rw-r----- ")
    assert how_locked(file).endswith(":mygroup")


def test_a_missing_group_is_the_end_of_the_service(root, bin_folder, config_file):
    users(root)
    (finding,) = [each for each in groups.check(take(config_file)) if each.state != "good"]
    assert "216/GROUP" in finding.what
    assert finding.remedy == "sudo groupadd --system render"


def test_a_missing_user_is_the_end_of_the_service(root, bin_folder, config_file):
    put(root, "/etc/group", "audio:x:29:\nvideo:x:44:\nrender:x:105:\n")
    found = [each.what for each in groups.check(take(config_file)) if each.state != "good"]
    assert "217/USER" in found[0]


def test_who_could_not_run_it_by_hand_is_told_and_that_matters_only_without_a_service(
    root, bin_folder, config_file
):
    users(root, "render")
    case = dataclasses.replace(take(config_file), me=Account("pi", 1000, frozenset({29})))
    by_hand = list(groups.check(case))[-1]
    assert (by_hand.state, by_hand.remedy) == ("good", None)
    assert "you are pi, not in video,render" in by_hand.what
    (root / "etc/passwd").unlink()
    by_hand = list(groups.check(case))[-1]
    assert (by_hand.state, by_hand.remedy) == (
        "degraded",
        "sudo usermod -aG video,render pi, then log in again",
    )


@given(st.binary(max_size=60))
def test_any_bytes_are_users_and_groups_or_none(tmp_path_factory, raw):
    machine = tmp_path_factory.mktemp("machine")
    (machine / "etc").mkdir()
    for name in ("passwd", "group", "os-release"):
        (machine / "etc" / name).write_bytes(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGED_SYSROOT", str(machine))
        assert isinstance(current(), Account)
        assert account("edged") is None or b"edged" in raw
        assert all(gid >= 0 for gid in groups_here().values())
        assert distribution().name


@pytest.mark.parametrize(
    ("content", "name", "install"),
    [
        (
            'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n',
            "Debian GNU/Linux 12",
            "sudo apt install libportaudio2",
        ),
        ("NAME=Ubuntu\nID=ubuntu\nID_LIKE=debian\n", "Ubuntu", "sudo apt install libportaudio2"),
        ("ID=x\nID_LIKE='rhel fedora'\nNAME=X\n", "X", "sudo dnf install portaudio"),
        ('NAME="Arch"\nID=arch\n', "Arch", "sudo pacman -S portaudio"),
        (
            'NAME="open',
            "an unknown distribution",
            "install portaudio with the package manager of your distribution",
        ),
        ("", "an unknown distribution", "install portaudio with the package manager of your distribution"),
    ],
)
def test_a_remedy_fits_the_distribution(root, content, name, install):
    put(root, "/etc/os-release", content)
    assert distribution().name == name
    assert distribution().install("portaudio") == install


def test_armbian_is_told_and_has_its_own_way_to_a_vendor_kernel(root):
    put(root, "/usr/lib/os-release", "NAME=Debian\nID=debian\n")
    assert distribution().armbian is False
    put(root, "/etc/armbian-release", "BOARD=rock-5b\n")
    assert distribution().armbian
    assert "armbian-config" in distribution().vendor_kernel
    assert "board's maker" in Distribution("x", None, armbian=False).vendor_kernel


def test_fields_are_unquoted_and_comments_are_none():
    assert parsed("# A=b\nA='b c'\nB=\"d\"\nno line\n1X=y\n") == {"A": "b c", "B": "d"}

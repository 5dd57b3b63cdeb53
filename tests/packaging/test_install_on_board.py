"""scripts/install-on-board into a folder: what it lays out, never touches, and takes away again."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.daemon import ROOT
from tests.packaging import debian

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("an emulated board")]

SCRIPT = ROOT / "scripts" / "install-on-board"
PYTHON = Path("/usr/bin/python3.11")
"""Debian's own: one in a home folder is refused, as the service could not read it."""


def install(*arguments: str | Path, under: Path | str = "") -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "DESTDIR": str(under)},
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def wheels() -> Path:
    debian.need(str(PYTHON))
    return debian.wheels("amd64")


@pytest.fixture(scope="module")
def board(wheels, tmp_path_factory) -> Path:
    """A folder with edged in it, installed twice, the second time over a configuration of its owner's."""
    under = tmp_path_factory.mktemp("board")
    first = install("--wheels", wheels, "--python", PYTHON, under=under)
    assert first.returncode == 0, first.stderr
    (under / "etc/edged/edged.toml").write_text('[audio]\nsource = "stdin:16000"\n')
    second = install("--wheels", wheels, "--python", PYTHON, under=under)
    assert second.returncode == 0, second.stderr
    return under


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_what_it_installs_runs(board):
    program = (board / "opt/edged/bin/python3", "-m", "edged", "--version")
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.partition(" ")[0]) == (0, "edged"), done.stderr


def test_unit_users_folders_rules_and_commands_are_there(board):
    assert {
        "usr/lib/systemd/system/edged.service",
        "usr/lib/sysusers.d/edged.conf",
        "usr/lib/tmpfiles.d/edged.conf",
        "usr/lib/udev/rules.d/40-edged.rules",
        "usr/bin/edged",
        "usr/bin/edged-bench",
        "usr/share/doc/edged/install.md",
    } <= files(board)


def test_the_owners_configuration_stays_his(board):
    assert (board / "etc/edged/edged.toml").read_text() == '[audio]\nsource = "stdin:16000"\n'


def test_nothing_is_left_of_the_first_installation_in_the_second(board):
    assert {path.name for path in (board / "opt").iterdir()} == {"edged"}


def test_no_file_names_the_folder_it_was_made_in(board):
    said = subprocess.run(
        ["grep", "--recursive", "--files-with-matches", "--fixed-strings", str(board), str(board)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout == ""


def test_uninstalled_it_leaves_the_configuration_and_says_so(wheels, tmp_path):
    assert install("--wheels", wheels, "--python", PYTHON, under=tmp_path).returncode == 0
    done = install("--uninstall", under=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Left: /etc/edged, /var/lib/edged" in done.stdout
    assert files(tmp_path) == {"etc/edged/edged.toml"}
    assert install("--uninstall", "--purge", under=tmp_path).returncode == 0
    assert files(tmp_path) == set()


WRONG = {
    "unknown": (["--wheel"], 2, "--wheel: unknown; usage"),
    "purge alone": (["--purge"], 2, "goes with --uninstall"),
    "no wheels": (["--wheels", ".", "--python", PYTHON], 66, "not a folder that scripts/wheels filled"),
    "no Python": (["--python", "/bin/false"], 69, "not a Python 3.11 or newer"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_it_cannot_do_is_one_sentence_and_changes_nothing(tmp_path, case):
    debian.need(str(PYTHON))
    arguments, code, sentence = WRONG[case]
    done = install(*arguments, under=tmp_path)
    assert done.returncode == code
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert files(tmp_path) == set()

"""The package as a file: the same twice, for its architecture, and no more in it than it says."""

import hashlib
from pathlib import Path

import pytest

from tests.packaging import debian

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("an emulated board")]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    debian.need("dpkg-deb")
    return debian.package("arm64", tmp_path_factory.mktemp("package"))


def digest(file: Path) -> str:
    """What to compare: to tell in what two packages differ, pytest would take all memory there is."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def test_the_same_source_gives_the_same_package(package, tmp_path):
    assert digest(debian.package("arm64", tmp_path)) == digest(package)


def test_it_is_for_the_boards_and_asks_for_one_python(package):
    fields = debian.run("dpkg-deb", "--field", package)
    assert "Architecture: arm64" in fields
    assert "python3.11, " in fields


def test_no_program_in_it_is_for_another_machine(package, tmp_path):
    debian.run("dpkg-deb", "--extract", package, tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()]
    elf = [path for path in files if path.read_bytes()[:4] == b"\x7fELF"]
    assert len(elf) > 20
    assert [path for path in elf if path.read_bytes()[18:20] != b"\xb7\x00"] == [], "e_machine is not AArch64"


def test_a_file_in_etc_is_the_owners_to_change(package, tmp_path):
    debian.run("dpkg-deb", "--control", package, tmp_path / "control")
    listed = debian.run("dpkg-deb", "--contents", package)
    inside = {line.split()[-1][1:] for line in listed.splitlines() if "./etc/" in line and line[0] == "-"}
    assert inside == set((tmp_path / "control/conffiles").read_text().split())

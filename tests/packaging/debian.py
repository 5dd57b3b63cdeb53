"""Debian roots and packages for tests that need a whole machine: made once, kept outside the repository."""

import atexit
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon import ROOT

SUITE = "bookworm"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edged-tests"
SWITCH = "EDGED_TEST_DEBIAN"

CONTENTS = {"amd64": "systemd,systemd-sysv,udev,python3.11,libportaudio2,alsa-utils", "arm64": "python3.11"}
"""Packages above debootstrap's least: what ours depends on; below the emulator, only the Python."""


def need(*programs: str) -> None:
    """Skip the test that asks, unless this machine may and can run whole Debian systems."""
    if not os.environ.get(SWITCH):
        pytest.skip(f"takes minutes, root and Debian's archive: set {SWITCH}=1")
    if os.geteuid() != 0:
        pytest.skip("needs root")
    if absent := [program for program in programs if shutil.which(program) is None]:
        pytest.skip(f"not installed: {', '.join(absent)}")


def root(arch: str) -> Path:
    """Return the folder of a Debian of that architecture; nothing may be written into it."""
    place = CACHE / f"{SUITE}-{arch}"
    with _made_once(place):
        if not place.exists():
            fresh = place.with_suffix(".part")
            shutil.rmtree(fresh, ignore_errors=True)
            foreign = [] if arch == "amd64" else ["--foreign"]
            least = ["--variant=minbase", f"--arch={arch}", f"--include={CONTENTS[arch]}"]
            run("debootstrap", *foreign, *least, SUITE, fresh)
            if foreign:  # what the second stage would do, without running a program of that architecture
                for archive in sorted((fresh / "var/cache/apt/archives").glob("*.deb")):
                    run("dpkg-deb", "--extract", archive, fresh)
            shutil.rmtree(fresh / "var/cache/apt/archives")
            fresh.rename(place)
    return place


def wheels(arch: str) -> Path:
    """Return a folder of wheels for that architecture; those that are there are not fetched again.

    It is the caller's own: whoever fills the common one takes edged's wheel out and puts another in.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    place, mine = CACHE / f"wheels-{arch}", Path(tempfile.mkdtemp(dir=CACHE, prefix=".wheels-"))
    atexit.register(shutil.rmtree, mine, ignore_errors=True)
    with _made_once(place):
        run(ROOT / "scripts/wheels", place, "--arch", arch)
        shutil.copytree(place, mine, copy_function=os.link, dirs_exist_ok=True)
    return mine


def package(arch: str, folder: Path) -> Path:
    """Build the package; left uncompressed, which changes nothing of what it installs and saves a minute."""
    found = wheels(arch)
    run(
        ROOT / "scripts/build-deb", "--arch", arch, "--wheels", found, "--out", folder, DEB_COMPRESSION="none"
    )
    (built,) = folder.glob("*.deb")
    return built


@contextlib.contextmanager
def writable(lower: Path, folder: Path) -> Iterator[Path]:
    """Yield a copy of a root that is thrown away; nothing is copied but what changes."""
    upper, work, merged = (folder / name for name in ("upper", "work", "merged"))
    for each in (upper, work, merged):
        each.mkdir()
    layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
    run("mount", "-t", "overlay", "overlay", "-o", layers, merged)
    try:
        yield merged
    finally:
        run("umount", merged)
        shutil.rmtree(upper)


def run(*command: str | Path, timeout: float = 900, **environment: str) -> str:
    """Run a program and return what it said; the test fails with all of it where the program does."""
    words = [str(word) for word in command]
    more = {**os.environ, "PYTHON": sys.executable, **environment}
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=more, timeout=timeout, check=False
    )
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{said}"
    return said


@contextlib.contextmanager
def _made_once(place: Path) -> Iterator[None]:
    """Hold off other test processes that want the same folder."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

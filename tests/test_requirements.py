"""The pinned requirements: all that edged needs, each with its hashes, and at peace with each other."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FILES = sorted((ROOT / "requirements").glob("*.txt"))
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}$")


def pins(file: Path) -> dict[str, tuple[str, int]]:
    """Return version and number of hashes of each package that a file pins."""
    joined = re.sub(r"\\\n\s*", "", file.read_text(encoding="utf-8"))
    found = {}
    for line in joined.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, version = re.match(r"([\w.-]+)==([^\s;]+)", line).groups()
            found[plain(name)] = (version, sum(bool(HASH.match(word)) for word in line.split()))
    return found


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", name)[0]).lower()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_requirement_is_pinned_with_hashes(file):
    found = pins(file)
    assert found
    assert [name for name, (_, hashes) in found.items() if not hashes] == []


def test_what_edged_needs_is_pinned_and_of_the_extras_only_the_gpu_comes_with_it():
    """Boards have a GPU, and pyopencl is small; the rest must be built, is large, or is not ours to give."""
    run = pins(ROOT / "requirements" / "run.txt")
    assert {plain(needed) for needed in PROJECT["dependencies"]} <= set(run)
    extras = PROJECT["optional-dependencies"]
    brought = {extra for extra, names in extras.items() if {plain(name) for name in names} & set(run)}
    assert brought == {"gpu"}


def test_an_exact_pin_of_the_project_is_the_one_that_is_locked():
    exact = dict(each.split("==") for each in PROJECT["dependencies"] if "==" in each)
    run = pins(ROOT / "requirements" / "run.txt")
    assert exact == {name: run[plain(name)][0] for name in exact}
    assert "sherpa-onnx" in exact


def test_tests_run_on_what_the_daemon_runs_on():
    run, test = (pins(ROOT / "requirements" / f"{kind}.txt") for kind in ("run", "test"))
    assert {name: test.get(name) for name in run} == run


def test_the_installed_packages_do_not_contradict_each_other():
    """The peers are installed without their own pins and are nobody's dependency."""
    peers = pins(ROOT / "requirements" / "peers.txt")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=60, check=False)
    lines = done.stdout.splitlines()
    assert [line for line in lines if plain(line) not in peers and not line.startswith("No broken")] == []
    assert lines, done.stderr

"""The package for the boards, run by an emulator: the same scores as here. Says nothing about speed."""

import json
import shutil
from pathlib import Path

import pytest

from tests.daemon import DEMO, config, models, run
from tests.packaging import debian

__all__ = ["config", "models"]

pytestmark = [pytest.mark.timeout(1500), pytest.mark.xdist_group("an emulated board")]

SITE = "opt/edged/lib/python3.11/site-packages"
CORE = """processor\t: {number}
BogoMIPS\t: 48.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x4
CPU part\t: 0xd0b
CPU revision\t: 0

"""
"""What /proc/cpuinfo says of a Cortex-A76; without, onnxruntime crashes as it is imported."""


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """A Debian for arm64 with the package in it; the emulator finds absolute paths below it first."""
    debian.need("qemu-aarch64-static", "debootstrap", "dpkg-deb")
    work = tmp_path_factory.mktemp("arm64")
    package = debian.package("arm64", work)
    with debian.writable(debian.root("arm64"), work) as root:
        debian.run("dpkg-deb", "--extract", package, root)
        (root / "proc/cpuinfo").write_text("".join(CORE.format(number=number) for number in range(2)))
        cores = root / "sys/devices/system/cpu"
        cores.mkdir(parents=True)
        for name in ("possible", "present", "online"):
            (cores / name).write_text("0-1\n")
        yield root
    shutil.rmtree(work)


def python(board: Path, *arguments: str | Path) -> str:
    """Run the board's Python; its own warnings are the emulator's."""
    emulator = ("qemu-aarch64-static", "-cpu", "cortex-a76", "-L", board, "-E", f"PYTHONPATH={board / SITE}")
    words = (
        *emulator,
        "-E",
        "OPENBLAS_NUM_THREADS=1",
        board / "usr/bin/python3.11",
        "-W",
        "ignore",
        *arguments,
    )
    return debian.run(*words, timeout=600)


def test_it_gives_the_scores_of_this_machine(board, config):
    score = ("score", "--json", "--config", config, "--head", "hey_jarvis", "--head", "alexa", DEMO)
    code, out, err = run(*score)
    assert code == 0, err
    here = json.loads(out)[0]["scores"]
    said = python(board, "-m", "edged", *score)
    there = json.loads(said[said.index("[") :])[0]["scores"]
    assert max(here["hey_jarvis"]) > 0.9
    assert here.keys() == there.keys()
    for word, scores in here.items():
        assert there[word] == pytest.approx(scores, abs=1e-4), word


def test_every_native_package_in_it_loads(board):
    names = "numpy, onnx, onnxruntime, pydantic_core, sherpa_onnx, soundfile, soxr, speexdsp_ns"
    assert python(board, "-c", f"import {names}; print('all')").endswith("all\n")

"""Rockchip's own package, the aarch64 wheel, under an emulator above a librknnrt of ours: our calls fit it.

Says nothing of an NPU, and nothing of speed.
"""

import json
import sys
import zipfile
from pathlib import Path

import pytest

from tests.backends.rknn.linear import lay_out
from tests.daemon import ROOT
from tests.packaging import debian
from tests.packaging.test_arm64 import CORE

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("an emulated board")]

PACKAGE = "rknn-toolkit-lite2==2.5.0"
OURS = (
    *("annotated_types", "flatbuffers", "ml_dtypes", "numpy", "onnxruntime", "packaging", "protobuf"),
    *("pydantic", "pydantic_core", "typing_extensions", "typing_inspection"),
)
"""What heads on the CPU and a model.toml need, of the wheels of the boards' package."""
NAMES = b"radxa,rock-5b\0rockchip,rk3588\0"


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What tests/backends/rknn/inside.py says on the emulated board."""
    debian.need("qemu-aarch64-static", "debootstrap", "dpkg-deb", "aarch64-linux-gnu-gcc")
    work = tmp_path_factory.mktemp("npu")
    site = work / "site"
    for wheel in (*_ours(), *_theirs()):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    heads = work / "rknn-rk3588"
    lay_out(heads)
    with debian.writable(debian.root("arm64"), work) as root:
        _board(root)
        python = root / "usr/bin/python3.11"
        emulator = [
            "qemu-aarch64-static",
            "-cpu",
            "cortex-a76",
            "-L",
            root,
            "-E",
            f"PYTHONPATH={site}:{ROOT}",
        ]
        inside = ROOT / "tests/backends/rknn/inside.py"
        emulator += ["-E", "OPENBLAS_NUM_THREADS=1", "-E", "EDGED_SYSROOT=/"]
        said = debian.run(*emulator, python, "-W", "ignore", inside, heads)
    return json.loads(said[said.rindex('\n{"driver"') :] if "\n" in said.strip() else said)


def _ours() -> list[Path]:
    found = debian.wheels("arm64").glob("*.whl")
    return [wheel for wheel in found if wheel.name.split("-")[0].lower() in OURS]


def _theirs() -> list[Path]:
    """Rockchip's package and what it needs, fetched once; it is not ours to keep in the repository."""
    place = debian.CACHE / "wheels-npu"
    if not list(place.glob("rknn_toolkit_lite2-*.whl")):
        tags = ("--platform", "manylinux2014_aarch64", "--platform", "manylinux_2_17_aarch64")
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *tags)
        debian.run(*pip, "--python-version", "3.11", PACKAGE, "psutil", "ruamel.yaml", "--dest", place)
    return list(place.glob("*.whl"))


def _board(root: Path) -> None:
    """What Rockchip's package and edged look at; the emulator finds absolute paths below the root first."""
    for path in ("sys/firmware/devicetree/base/compatible", "proc/device-tree/compatible"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(NAMES)
    (root / "proc/cpuinfo").write_text("".join(CORE.format(number=number) for number in range(2)))
    cores = root / "sys/devices/system/cpu"
    cores.mkdir(parents=True)
    for name in ("possible", "present", "online"):
        (cores / name).write_text("0-1\n")
    (root / "dev/dri").mkdir(parents=True, exist_ok=True)
    (root / "dev/dri/renderD129").touch()
    source, library = ROOT / "tests/doubles/fakert.c", root / "usr/lib/librknnrt.so"
    compiler = ("aarch64-linux-gnu-gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
    debian.run(*compiler, source, "-o", library, "-lm")


def test_it_scores_as_the_cpu_does(said):
    assert said["off"] < 0.005


def test_the_driver_is_told_from_its_files(said):
    assert said["driver"].startswith("rknn-toolkit-lite2 2.5.0 /usr/lib/librknnrt.so ")
    assert said["no library"].startswith("NpuRuntimeMissing: /nowhere/librknnrt.so is missing")


def test_the_names_of_logging_levels_are_as_they_were(said):
    assert said["level"] == "WARNING"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("run", "NpuRunFailed: rknn_run: RKNN_ERR_FAIL"),
        ("time-out", "NpuRunFailed: rknn_run: RKNN_ERR_TIMEOUT"),
        ("outputs", "NpuRunFailed: no answer: RKNN_ERR_FAIL"),
        ("stale", "NpuStale: the answer belongs to another input"),
        ("nan", "NpuNonsense: answers NaN"),
        ("again", "no error"),
        ("closed", "ProviderFailed: the heads were closed"),
        ("old runtime", "NpuInitFailed: init_runtime: RKNN_ERR_MODEL_INVALID (librknnrt.so is older"),
        ("locked", "NpuInitFailed: init_runtime: RKNN_ERR_DEVICE_UNAVAILABLE (add the user to the groups"),
        ("strange", "NpuInitFailed: init_runtime: error -99"),
        ("core", "NpuInitFailed: init_runtime: the driver refuses this core of the NPU: choose another"),
    ],
)
def test_every_fault_has_its_name(said, fault, error):
    assert said[fault].startswith(error)


def test_cycles_that_the_package_leaves_behind_are_collected(said):
    grown, kept = said["cycles"]
    assert grown > 120  # one call each at the least: were there none, tidying would be no use
    assert kept < grown / 10


def test_a_call_that_is_late_lets_the_cpu_answer_meanwhile(said):
    assert said["late"]["off"] == 0
    assert said["late"]["took"] < 0.9  # the call itself sleeps for a second, without Python's lock
    assert said["after"] == "no error"

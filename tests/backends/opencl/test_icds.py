"""Whether a machine has OpenCL at all is told by its files, before anything is loaded or started."""

import subprocess
import sys
from pathlib import Path

import pytest

from edged.backends.opencl.icds import fingerprint, icds, missing
from edged.backends.openers import FeatureModels
from tests.machines import put

ROOT = Path(__file__).parents[3]
MODELS = FeatureModels(Path("mel"), Path("embedding"))
NAMED = FeatureModels(Path("mel"), Path("embedding"), device="pocl")


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    for name in ("OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "RUSTICL_ENABLE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_without_a_driver_there_is_nothing_to_try_unless_a_device_is_named(root, monkeypatch):
    assert missing(MODELS).startswith("no OpenCL driver is installed, there is no /etc/OpenCL/vendors/*.icd;")
    assert missing(NAMED) == ""
    monkeypatch.setenv("OCL_ICD_VENDORS", "/opt/icd")
    assert missing(MODELS) == ""


def test_with_a_driver_it_must_be_tried(root):
    put(root, "/etc/OpenCL/vendors/mali.icd", "libMaliOpenCL.so.1\n", 0o644)
    assert missing(MODELS) == ""


def test_without_pyopencl_the_way_to_it_is_said():
    program = "from edged.backends.opencl.icds import missing; print(missing(None))"
    bare = [sys.executable, "-S", "-c", program]  # no site-packages
    done = subprocess.run(bare, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.stdout == "pyopencl is not installed; `pip install 'edged[gpu]'` brings it\n"


@pytest.mark.parametrize(
    ("content", "names"),
    [("libMaliOpenCL.so.1\n", ("libMaliOpenCL.so.1",)), ("/opt/m.so", ("/opt/m.so",)), ("\n\0", ())],
)
def test_a_file_names_its_library(root, content, names):
    put(root, "/etc/OpenCL/vendors/mali.icd", content, 0o644)
    assert [(icd.name, icd.libraries) for icd in icds()] == [("mali.icd", names)]


def test_what_was_learned_of_one_driver_is_not_believed_of_another(root, monkeypatch):
    seen = [fingerprint()]

    def changed() -> bool:
        seen.append(fingerprint())
        return len(set(seen)) == len(seen)

    assert fingerprint() == seen[0]
    put(root, "/etc/OpenCL/vendors/mali.icd", "libMaliOpenCL.so.1\n", 0o644)
    assert changed()
    put(root, "/usr/lib/libMaliOpenCL.so.1", b"g6p0", 0o644)
    assert changed()
    (root / "usr/lib/libMaliOpenCL.so.1").write_bytes(b"g13p0")
    assert changed()
    monkeypatch.setenv("RUSTICL_ENABLE", "panfrost")
    assert changed()

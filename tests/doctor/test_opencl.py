"""Each step towards a kernel that computes can fail: the first that does is named, with its remedy."""

import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from edged.backends.opencl.icds import Icd
from edged.doctor import opencl
from edged.doctor.case import take
from edged.doctor.kernel import Kernel
from edged.doctor.opencl_child import LOAD, ask
from edged.errors import ProviderUnavailable
from tests import pocl

BOARD = Kernel("vendor+mali", "6.1.115-vendor-rk35xx")


@pytest.fixture(autouse=True)
def library(root, monkeypatch) -> Path:
    """PoCL's, and children that compute with it."""
    pocl.device()
    import pyopencl

    for name, value in pocl.environment().items():
        if os.environ.get(name) != value and name != "EDGED_SYSROOT":
            monkeypatch.setenv(name, value)
    return next(Path(pyopencl.__file__).parent.glob(".libs/libpocl-*.so"))


def case_of(config_file: Path, kernel: Kernel = BOARD, features: str = ""):
    config_file.write_text(f"[features]\n{features}\n")
    return dataclasses.replace(take(config_file), kernel=kernel)


def icd(*names: str | Path) -> list[Icd]:
    return [Icd("some.icd", tuple(map(str, names)))]


def amiss(case, icds):
    return [finding for finding in opencl.tries(case, icds) if finding.state != "good"]


def test_a_device_that_computes_is_told_with_its_versions_and_extensions(config_file, library):
    case = case_of(config_file, features='device = "pocl"')
    device, computed = opencl.tries(case, icd(library))
    assert (device.state, computed.state) == ("good", "good")
    name = pocl.device().name.strip()
    assert device.what.startswith(
        f"OpenCL device 0: {name} (no GPU, Portable Computing Language), OpenCL 3.0 PoCL"
    )
    assert "in all" in device.what
    assert computed.what.startswith(f"{name} compiled and ran a kernel, and its answer is right (tried by ")


def test_without_a_gpu_the_remedy_is_that_of_the_kernel(config_file, library):
    (vendor,) = amiss(case_of(config_file), icd(library))
    assert vendor.what.startswith("no GPU among the devices here: 0: ")
    assert "libmali must be of the version" in vendor.remedy
    asked = case_of(config_file, Kernel("vendor+panthor", "6.1"), 'backend = "opencl"')
    (panthor,) = amiss(asked, icd(library))
    assert "libmali, which works with Mali's own kernel driver alone" in panthor.remedy
    assert "RUSTICL_ENABLE=panfrost" in panthor.remedy


def test_where_nobody_asked_for_a_gpu_its_absence_is_no_fault(config_file, library):
    case = case_of(config_file, Kernel("mainline", "6.18"))
    assert amiss(case, icd(library)) == []
    said = [finding.what for finding in opencl.tries(case, icd(library))]
    assert said[-1].endswith(": features run on the CPU")


def test_a_device_that_was_named_wrong_is_said(config_file, library):
    (finding,) = amiss(case_of(config_file, features='device = "adreno"'), icd(library))
    assert finding.what.startswith("features.device = 'adreno' fits none of the devices here: 0: ")


def test_a_library_that_is_no_library_is_told_from_one_that_lacks_another(config_file, tmp_path):
    junk = tmp_path / "libmali.so"
    junk.write_bytes(b"\x7fELF")
    first, _ = amiss(case_of(config_file), icd(junk))
    assert first.what.startswith(f"some.icd: {junk} does not load ({junk}: file too short)")
    assert "is damaged" in first.remedy
    gone, _ = amiss(case_of(config_file), icd("libMaliOpenCL.so.1"))
    assert "cannot open shared object file" in gone.what
    assert gone.remedy.startswith("sudo ldconfig")


def test_a_library_that_is_no_opencl_driver_is_said(config_file):
    first, _ = amiss(case_of(config_file), icd("libm.so.6"))
    assert first.what == "some.icd: libm.so.6 loads and is no OpenCL driver"


def test_a_library_that_was_cut_short_crashes_its_child_and_nothing_else(config_file, tmp_path, library):
    cut = tmp_path / "libpocl.so"
    with library.open("rb") as whole:
        cut.write_bytes(whole.read(100_000))
    first, _ = amiss(case_of(config_file), icd(cut))
    assert first.what == f"some.icd: {cut} crashes: the process that tried it is ended by SIGBUS"


def test_a_library_that_hangs_is_not_waited_for_longer(tmp_path):
    pipe = tmp_path / "libhangs.so"
    os.mkfifo(pipe)  # who opens it waits for somebody to write
    with pytest.raises(ProviderUnavailable, match=r"hangs: no answer in 1 s"):
        ask(LOAD, str(pipe), limit_s=1)


@pytest.mark.parametrize("lacks", ["libX11.so.6", "libwayland-client.so.0", "libgbm.so.1"])
def test_the_flavour_of_libmali_that_needs_no_desktop_is_the_remedy_for_one_that_lacks_it(config_file, lacks):
    said = f"does not load ({lacks}: cannot open shared object file: No such file or directory)"
    assert "`-dummy` flavour" in opencl._of_a_library(case_of(config_file), said)


def test_without_any_driver_the_step_that_failed_is_named(config_file, monkeypatch, tmp_path, library):
    """pyopencl as on a board: with its loader, and without PoCL beside it."""
    bare, none = tmp_path / "site", tmp_path / "vendors"
    shutil.copytree(library.parents[1], bare / "pyopencl", ignore=shutil.ignore_patterns("*pocl*"))
    none.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(bare))
    monkeypatch.setenv("OCL_ICD_VENDORS", str(none))
    (finding,) = amiss(case_of(config_file), [])
    assert finding.what.startswith("asking for devices: no OpenCL driver (")
    assert finding.what.endswith("PLATFORM_NOT_FOUND_KHR); `edged doctor` says what is missing")
    (only,) = amiss(
        case_of(config_file), icd("libMaliOpenCL.so.1")
    )  # the reason, and not what follows from it
    assert "does not load" in only.what

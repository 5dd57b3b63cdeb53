"""What keeps OpenCL from the GPU is named with its remedy, and only where the kernel allows OpenCL at all."""

import pytest

from edged.doctor import gpu
from edged.doctor.case import take
from tests.doctor.patients import patient
from tests.machines import put


def found(root, config_file):
    return {finding.what: finding for finding in gpu.check(take(config_file)) if finding.state != "good"}


@pytest.fixture
def board(root, bin_folder):
    return patient(root, "rock-5b", "v61")


def test_an_icd_whose_library_is_nowhere_is_named(board, config_file):
    put(board, "/etc/OpenCL/vendors/odd.icd", "libgone.so.9\n", 0o644)
    (what,) = found(board, config_file)
    assert what == "/etc/OpenCL/vendors/odd.icd names libgone.so.9, which is nowhere on this machine"


def test_an_icd_may_name_a_path(board, config_file):
    put(board, "/etc/OpenCL/vendors/mali.icd", "/opt/mali/libmali.so\n", 0o644)
    assert len(found(board, config_file)) == 1
    put(board, "/opt/mali/libmali.so", b"\x7fELF", 0o644)
    assert found(board, config_file) == {}


def test_a_folder_of_the_linkers_configuration_counts(board, config_file):
    put(board, "/etc/OpenCL/vendors/mali.icd", "libelse.so\n", 0o644)
    put(board, "/etc/ld.so.conf.d/00-mali.conf", "# comment\n/usr/lib/mali\n", 0o644)
    put(board, "/usr/lib/mali/libelse.so", b"\x7fELF", 0o644)
    assert found(board, config_file) == {}


@pytest.mark.parametrize("content", ["", "\n\n", "\0\0"])
def test_an_icd_that_names_nothing_is_said(board, config_file, content):
    put(board, "/etc/OpenCL/vendors/mali.icd", content, 0o644)
    assert list(found(board, config_file)) == ["/etc/OpenCL/vendors/mali.icd names no library"]


def test_without_any_icd_the_driver_is_missed(board, config_file):
    (board / "etc/OpenCL/vendors/mali.icd").unlink()
    (driver,) = found(board, config_file).values()
    assert "libmali-valhall-g610" in driver.remedy


def test_a_loader_is_missed_only_where_pyopencl_brings_none(board, config_file):
    case = take(config_file)
    assert list(gpu.loader(case, brought=False)) == []
    (board / "usr/lib/aarch64-linux-gnu/libOpenCL.so.1").unlink()
    (missed,) = gpu.loader(case, brought=False)
    assert missed.remedy == "sudo apt install ocl-icd-libopencl1"
    assert list(gpu.loader(case, brought=True)) == []


def test_files_of_another_machine_are_read_and_never_loaded(board, config_file):
    put(board, "/etc/OpenCL/vendors/mali.icd", "libMaliOpenCL.so.1\n", 0o644)
    assert not any("compiled" in finding.what for finding in gpu.check(take(config_file)))
    assert found(board, config_file) == {}


@pytest.mark.parametrize("kernel", ["v61-panthor", "ml618"])
def test_who_asks_for_opencl_under_panthor_is_told_of_a_node_that_is_locked(
    root, bin_folder, config_file, kernel
):
    patient(root, "rock-5b", kernel)
    node = root / "dev/dri/renderD128"
    if not node.exists():
        put(root, "/dev/dri/renderD128", mode=0o666)
    node.chmod(0o600)
    assert found(root, config_file) == {}
    config_file.write_text(config_file.read_text() + '[features]\nbackend = "opencl"\n')
    (finding,) = found(root, config_file).values()
    assert "renderD128: edged may not open it" in finding.what


def test_a_node_that_is_gone_is_said(board, config_file):
    (board / "dev/mali0").unlink()
    assert list(found(board, config_file)) == [
        "/dev/mali0 is missing although Mali's driver is in the kernel"
    ]


def test_a_node_for_root_alone_names_its_lock_and_the_remedy(board, config_file):
    node = board / "dev/mali0"
    node.chmod(0o600)
    (finding,) = found(board, config_file).values()
    assert "edged may not open it (-rw-------" in finding.what
    assert "udev rules" in finding.remedy


def test_elsewhere_opencl_is_only_mentioned(root, bin_folder, config_file):
    put(root, "/etc/OpenCL/vendors/pocl.icd", "libpocl.so.2\n", 0o644)
    (finding,) = gpu.check(take(config_file))
    assert finding.state == "good"
    assert finding.what == ("no Mali GPU of an RK3588 here: features run on the CPU; OpenCL here: pocl.icd")

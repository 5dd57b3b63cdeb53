"""What a machine lacks for RKNN is a sentence with its remedy, told from files alone."""

import sys

import pytest

from edged.backends.rknn import errors
from edged.backends.rknn.machine import driver
from edged.backends.verdict import Hopeless
from tests.machines import BOARDS, KERNELS, machine, put


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    monkeypatch.delenv("LIBRKNNRT_PATH", raising=False)
    return tmp_path


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("board", BOARDS)
def test_vendor_kernels_have_what_it_takes_and_mainline_has_not(root, lite, board, kernel):
    machine(root, board, kernel)
    if kernel == "ml618":
        with pytest.raises(errors.NpuForeignDriver, match="mainline's rocket drives the NPU"):
            driver()
    else:
        assert driver().startswith(f"rknn-toolkit-lite2 {root}/usr/lib/librknnrt.so")


def test_another_library_is_another_driver(root, lite):
    machine(root, "rock-5b", "v61")
    before = driver()
    library = root / "usr/lib/librknnrt.so"
    library.write_bytes(library.read_bytes() + b"newer")
    assert driver() != before


@pytest.mark.parametrize("way", ["uevent", "link"])
def test_the_node_is_found_by_its_driver_wherever_it_is(root, lite, way):
    machine(root, "rock-5b", "v61")
    folder = root / "sys/class/drm/renderD128/device"
    if way == "uevent":
        put(root, "/sys/class/drm/renderD128/device/uevent", "OF_NAME=npu\nDRIVER=RKNPU\n")
    else:
        folder.mkdir(parents=True)
        (folder / "driver").symlink_to("../../../../bus/platform/drivers/RKNPU")
    (root / "dev/dri/renderD128").unlink()
    with pytest.raises(errors.NpuAbsent, match="renderD128: no such node"):
        driver()


def test_a_library_that_is_named_is_looked_for_there(root, lite, monkeypatch):
    machine(root, "rock-5b", "v61")
    monkeypatch.setenv("LIBRKNNRT_PATH", "/opt/librknnrt.so")
    with pytest.raises(errors.NpuRuntimeMissing, match=r"/opt/librknnrt\.so is missing"):
        driver()
    put(root, "/opt/librknnrt.so", b"x")
    assert "/opt/librknnrt.so" in driver()


def test_a_dma_heap_driver_has_no_node_that_the_package_knows(root, lite):
    machine(root, "rock-5b", "v61")
    (root / "dev/dri/renderD129").unlink()
    put(root, "/dev/rknpu")
    with pytest.raises(errors.NpuForeignDriver, match="offers /dev/rknpu and no DRM node"):
        driver()


def test_a_locked_node_says_which_group_opens_it(root, lite):
    machine(root, "rock-5b", "v61")
    with pytest.raises(errors.NpuPermission, match="add this user to the group render"):
        driver(lambda path, how: False)


def test_without_the_package_it_says_how_to_get_it(root):
    machine(root, "rock-5b", "v61")
    assert "rknnlite" not in sys.modules or sys.modules.pop("rknnlite")
    with pytest.raises(errors.NpuPythonMissing, match=r"is not installed: pip install|is not published for"):
        driver()


def test_every_lack_is_hopeless_until_a_restart(root):
    with pytest.raises(Hopeless, match="this is no RK3588"):
        driver()

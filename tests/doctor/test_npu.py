"""What keeps .rknn models from the NPU is named with its remedy, and nothing that is asked wakes it."""

import pytest

from edged.doctor import npu
from edged.doctor.case import take
from tests.doctor.patients import drm, patient
from tests.machines import put


@pytest.fixture
def board(root, bin_folder):
    return patient(root, "orangepi-5", "v61")


def found(config_file):
    return [finding for finding in npu.check(take(config_file)) if finding.state != "good"]


def said(config_file):
    return " | ".join(finding.what for finding in npu.check(take(config_file)))


def runtime(root, version: str, path: str = "/usr/lib/librknnrt.so") -> None:
    file = root / path.lstrip("/")
    if file.exists():
        file.unlink()
    put(root, path, b"\x7fELF" + b"\0" * 9000 + f"librknnrt version: {version} (x)\0".encode(), 0o644)


def test_the_node_is_told_by_its_driver_and_not_by_its_number(board, config_file):
    (board / "sys/class/drm/renderD129/device/driver").unlink()
    drm(board, "renderD130", "RKNPU")
    (finding,) = found(config_file)
    assert "its node /dev/dri/renderD130 is missing" in finding.what
    put(board, "/dev/dri/renderD130", mode=0o666)
    assert found(config_file) == []
    assert "/dev/dri/renderD130: edged may open it" in said(config_file)


def test_a_driver_may_be_told_by_uevent(board, config_file):
    (board / "sys/class/drm/renderD129/device/driver").unlink()
    put(board, "/sys/class/drm/renderD128/device/uevent", "OF_NAME=npu\nDRIVER=RKNPU\n")
    assert "/dev/dri/renderD128: edged may open it" in said(config_file)


def test_a_driver_without_drm_is_of_no_use(board, config_file):
    (board / "dev/dri/renderD129").unlink()
    put(board, "/dev/rknpu", mode=0o666)
    (finding,) = found(config_file)
    assert "/dev/rknpu instead of a DRM node" in finding.what
    assert "armbian-config" in finding.remedy


@pytest.mark.parametrize(
    ("version", "old"), [("0.7.2", True), ("0.8.2", True), ("0.8.8", False), ("0.9.8", False)]
)
def test_an_old_driver_is_said(board, config_file, version, old):
    file = board / "sys/kernel/debug/rknpu/version"
    file.chmod(0o644)
    file.write_text(f"RKNPU driver: v{version}\n")
    assert [finding.what.startswith(f"driver {version} is older") for finding in found(config_file)] == [
        True
    ] * old


def test_a_missing_runtime_is_said(board, config_file):
    (board / "usr/lib/librknnrt.so").unlink()
    (finding,) = found(config_file)
    assert finding.what == "librknnrt.so, the runtime of the NPU, is missing"


@pytest.mark.parametrize(
    ("version", "old"), [("1.4.0", True), ("1.5.2", True), ("2.0.0", False), ("2.3.2", False)]
)
def test_a_runtime_too_old_for_models_of_today_is_said(board, config_file, version, old):
    runtime(board, version)
    assert ["too old" in finding.what for finding in found(config_file)] == [True] * old


def test_two_runtimes_of_different_versions_are_said(board, config_file):
    runtime(board, "2.3.2", "/usr/lib/aarch64-linux-gnu/librknnrt.so")
    assert found(config_file) == []
    runtime(board, "1.5.2", "/usr/lib/aarch64-linux-gnu/librknnrt.so")
    (finding,) = found(config_file)
    assert "1.5.2" in finding.what
    assert "2.3.2" in finding.what


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"librknnrt version: "])
def test_a_library_that_tells_no_version_is_doubted(board, config_file, content):
    file = board / "usr/lib/librknnrt.so"
    file.write_bytes(content)
    (finding,) = found(config_file)
    assert "tells no version" in finding.what


def test_a_runtime_named_by_its_variable_is_the_one(board, config_file, monkeypatch):
    monkeypatch.setenv("LIBRKNNRT_PATH", "/opt/rknn/librknnrt.so")
    assert "is missing" in found(config_file)[0].what
    runtime(board, "2.3.2", "/opt/rknn/librknnrt.so")
    assert found(config_file) == []


def test_the_doctor_does_not_read_what_switches_the_npu_on(root, bin_folder, config_file):
    patient(root, "rock-5b", "v61", "npu_freq_trap")  # who reads it hangs
    assert found(config_file) == []

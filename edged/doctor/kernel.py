"""Which kind of kernel runs, because that decides which of GPU and NPU can be used at all.

Rockchip's own kernels (5.10, 6.1) bring the NPU driver that .rknn models need, and Mali's driver for
OpenCL or panthor in its place, never both. Mainline has panthor and rocket, which take neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edged.config.board import device_tree
from edged.doctor.machine_files import found, is_there, text

Kind = Literal["vendor+mali", "vendor+panthor", "vendor", "mainline", "other"]

CHIP = "rockchip,rk3588"
"""How the device tree names the chip; the S of an RK3588S follows, or not."""

GPU = "/sys/devices/platform/fb000000.gpu"
NPU = "/sys/devices/platform/fdab0000.npu"


@dataclass(frozen=True, slots=True)
class Kernel:
    """The running kernel."""

    kind: Kind
    """`vendor`: Rockchip's, without a driver for the GPU. `other`: this is no RK3588."""
    release: str
    """As `uname -r` says; empty where it does not."""


def kernel() -> Kernel:
    """Return what runs here, told by the files that only one kind of kernel has."""
    chip = any(name.startswith(CHIP) for name in device_tree()[0])
    return Kernel(kind_of(chip, _npu_driver(), _mali(), _panthor()), text("/proc/sys/kernel/osrelease"))


def kind_of(chip: bool, npu: bool, mali: bool, panthor: bool) -> Kind:
    """Decide.

    Args:
        chip: It is an RK3588 or RK3588S.
        npu: Rockchip's NPU driver is there.
        mali: Mali's own GPU driver is.
        panthor: The GPU driver of mainline is.
    """
    if not chip:
        return "other"
    if mali:
        return "vendor+mali"
    if npu:
        return "vendor+panthor" if panthor else "vendor"
    return "mainline"


def drm_driver(node: str) -> str:
    """Return the driver of a DRM or accel node such as `renderD129`, in small letters; empty: not told."""
    for place in (f"/sys/class/drm/{node}/device/uevent", f"/sys/class/accel/{node}/device/uevent"):
        for line in text(place).splitlines():
            if line.startswith("DRIVER="):
                return line.removeprefix("DRIVER=").lower()
    for folder in found("/sys/class/drm", node) + found("/sys/class/accel", node):
        driver = folder / "device/driver"
        if driver.is_symlink():
            return driver.readlink().name.lower()
    return ""


def nodes_of(drivers: Sequence[str]) -> list[str]:
    """Return the render and accel nodes of any of these drivers, by name."""
    nodes = [
        folder.name for folder in found("/sys/class/drm", "renderD*") + found("/sys/class/accel", "accel*")
    ]
    return [node for node in nodes if drm_driver(node) in drivers]


def _npu_driver() -> bool:
    evidence = ("/sys/bus/platform/drivers/RKNPU", "/sys/kernel/debug/rknpu", "/dev/rknpu", "/proc/rknpu")
    return (
        any(is_there(path) for path in evidence)
        or bool(found("/sys/class/devfreq", "*.npu"))
        or bool(nodes_of(["rknpu"]))
        or is_there("/dev/mpp_service")  # Rockchip's video service: no other kernel has it
    )


def _mali() -> bool:
    return is_there("/dev/mali0") or is_there("/sys/class/misc/mali0") or is_there(f"{GPU}/power_policy")


def _panthor() -> bool:
    evidence = ("/sys/bus/platform/drivers/panthor", f"{GPU}/profiling")
    return any(is_there(path) for path in evidence) or bool(nodes_of(["panthor"]))

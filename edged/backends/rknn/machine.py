"""Whether this machine has what RKNN needs, told from files: no driver is opened, no library loaded.

rknn-toolkit-lite2 looks for the render node of a DRM driver called RKNPU, for the device tree, and for
/usr/lib/librknnrt.so or what LIBRKNNRT_PATH names.
"""

import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

from edged.backends.rknn.errors import (
    NpuAbsent,
    NpuForeignDriver,
    NpuPermission,
    NpuPythonMissing,
    NpuRuntimeMissing,
)
from edged.config.board import device_tree
from edged.config.sysroot import on_machine

CHIP = "rockchip,rk3588"
LIBRARY = "/usr/lib/librknnrt.so"
VARIABLE = "LIBRKNNRT_PATH"
PACKAGE = "rknn-toolkit-lite2"
MODULE = "rknnlite"
USUAL_NODE = "renderD129"
"""Where nothing tells the NPU's node: the second one, after that of the display."""


def driver(may: Callable[[Path, int], bool] = os.access) -> str:
    """Return what tells one set of driver, library and package from another.

    may: whether this user may open a file in these ways; another one for tests, which root runs.

    Raises:
        NpuAbsent, NpuForeignDriver, NpuPermission, NpuRuntimeMissing, NpuPythonMissing: what is missing.
    """
    _node(may)
    library = _library()
    package = _package()
    stat = library.stat()
    return f"{package} {library} {stat.st_size} {stat.st_mtime_ns}"


def _node(may: Callable[[Path, int], bool]) -> None:
    if not any(name.startswith(CHIP) for name in device_tree()[0]):
        raise NpuAbsent("this is no RK3588: it has no NPU for RKNN")
    node = on_machine(f"/dev/dri/{_npu_node()}")
    if not node.exists():
        if any(on_machine("/dev/accel").glob("accel*")):
            raise NpuForeignDriver(
                "mainline's rocket drives the NPU and does not take .rknn; a vendor kernel with rknpu does"
            )
        if on_machine("/dev/rknpu").exists():
            raise NpuForeignDriver(
                f"this kernel offers /dev/rknpu and no DRM node, where {PACKAGE} does not look: "
                "a kernel with rknpu as a DRM driver is needed"
            )
        raise NpuAbsent(f"{node}: no such node: this kernel has no driver for the NPU")
    if not may(node, os.R_OK | os.W_OK):
        raise NpuPermission(f"{node}: permission denied: add this user to the group render")


def _npu_node() -> str:
    for folder in sorted(on_machine("/sys/class/drm").glob("renderD*/device")):
        link = folder / "driver"
        driver = link.readlink().name if link.is_symlink() else _uevent(folder)
        if driver.lower() == "rknpu":
            return folder.parent.name
    return USUAL_NODE


def _uevent(folder: Path) -> str:
    try:
        lines = (folder / "uevent").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.removeprefix("DRIVER=") for line in lines if line.startswith("DRIVER=")), "")


def _library() -> Path:
    named = os.environ.get(VARIABLE, "")
    file = on_machine(named if named.startswith("/") else LIBRARY)
    if not file.is_file():
        where = "github.com/airockchip/rknn-toolkit2, rknpu2/runtime/Linux/librknn_api/aarch64"
        raise NpuRuntimeMissing(f"{file} is missing: put librknnrt.so of {where} there")
    return file


def _package() -> str:
    if importlib.util.find_spec(MODULE) is None:
        here = f"{sys.version_info[0]}.{sys.version_info[1]}"
        if sys.version_info >= (3, 13):
            raise NpuPythonMissing(f"{PACKAGE} is not published for Python {here}: 3.11 or 3.12 is needed")
        raise NpuPythonMissing(f"{PACKAGE} is not installed: pip install 'edged[npu]'")
    try:
        return f"{PACKAGE} {importlib.metadata.version(PACKAGE)}"
    except importlib.metadata.PackageNotFoundError:
        return PACKAGE

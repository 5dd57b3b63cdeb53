"""The NPU: its driver and node, the runtime library, the Python package that speaks to it, what it would run.

Nothing here wakes it: of its debugfs files only `version` is read, which the driver answers from memory.
"""

import os
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from edged.config.sysroot import on_machine
from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.doctor.kernel import nodes_of
from edged.doctor.machine_files import found, in_binary, is_there, libraries, text
from edged.doctor.nodes import access
from edged.doctor.npu_graphs import compiled
from edged.runtime.compiled import wants_npu

NAME = "npu"
LIBRARY = "librknnrt.so"
LIBRARY_VERSION = rb"librknnrt version: ([0-9][0-9.]*)"
PACKAGE = "rknn-toolkit-lite2"
USUAL_NODE = "renderD129"
"""Where nothing tells the NPU's node: the second one, after that of the display."""

DRIVER = (0, 8, 8)
"""Older ones are warned of by librknnrt itself: "recommend to upgrade the driver"."""
RUNTIME = (2, 0)
"""Older ones refuse models of today: "Invalid RKNN model version 6"."""

NOTHING = "nothing is compiled for the NPU: heads run on the CPU until `edged models convert` has made some"

GET_LIBRARY = f"put {LIBRARY} of Rockchip's rknn-toolkit2 (runtime/Linux/librknn_api/aarch64) into /usr/lib"


def check(case: Case) -> Iterator[Finding]:
    """Say whether .rknn models could run, and what is missing where the kernel allows it."""
    if not case.kernel.kind.startswith("vendor"):
        yield Finding(NAME, "good", f"{_why_not(case)}: heads run on the CPU")
        return
    yield from _node(case)
    yield from _driver(case)
    yield from _library()
    graphs = list(compiled(case)) if wants_npu(case.config.heads) else []
    yield from _package(wanted=bool(graphs))
    yield from graphs or [Finding(NAME, "good", NOTHING)]


def _why_not(case: Case) -> str:
    if case.kernel.kind == "other":
        return "no NPU of an RK3588 here"
    if found("/dev/accel", "accel*"):
        return "the NPU is driven by rocket of mainline: present, unusable for .rknn"
    return "this kernel has no driver for the NPU"


def _node(case: Case) -> Iterator[Finding]:
    told = nodes_of(["rknpu"])
    node = told[0] if told else USUAL_NODE
    if is_there(f"/dev/dri/{node}"):
        locked = list(access(NAME, on_machine(f"/dev/dri/{node}"), case.runs_as))
        yield from locked or [Finding(NAME, "good", f"/dev/dri/{node}: {case.runs_as.name} may open it")]
    elif is_there("/dev/rknpu"):
        what = f"the driver offers /dev/rknpu instead of a DRM node, and {PACKAGE} does not look there"
        yield Finding(
            NAME, "degraded", what, f"{case.distribution.vendor_kernel}, with rknpu as a DRM driver"
        )
    else:
        what = f"the NPU's driver is in the kernel, and its node /dev/dri/{node} is missing"
        yield Finding(
            NAME, "degraded", what, "see `sudo dmesg | grep -i rknpu`: the device tree may switch it off"
        )


def _driver(case: Case) -> Iterator[Finding]:
    said = text("/sys/kernel/debug/rknpu/version") or text("/proc/rknpu/version")
    match = re.search(r"v?(\d+(?:\.\d+)+)", said)
    if match is None:
        yield Finding(NAME, "good", "the driver's version is told to root only")
    elif _numbers(match[1]) < DRIVER:
        what = f"driver {match[1]} is older than {_dotted(DRIVER)}: inference may time out or lose accuracy"
        yield Finding(NAME, "degraded", what, f"{case.distribution.vendor_kernel}, newer than this one")
    else:
        yield Finding(NAME, "good", f"driver {match[1]}")


def _library() -> Iterator[Finding]:
    named = os.environ.get("LIBRKNNRT_PATH", "")
    files = libraries(named if named.startswith("/") else LIBRARY)
    if not files:
        yield Finding(NAME, "degraded", f"{LIBRARY}, the runtime of the NPU, is missing", GET_LIBRARY)
        return
    versions = {str(file): in_binary(file, LIBRARY_VERSION) or "of unknown version" for file in files}
    if len(set(versions.values())) > 1:
        both = ", ".join(f"{file} {version}" for file, version in versions.items())
        yield Finding(
            NAME, "degraded", f"several runtimes of the NPU: {both}", "keep the newest, remove the others"
        )
        return
    file, said = next(iter(versions.items()))
    if said[0].isdigit() and _numbers(said) < RUNTIME:
        what = f"{file} {said} is too old for the models of today (needs {_dotted(RUNTIME)})"
        yield Finding(NAME, "degraded", what, GET_LIBRARY)
    elif not said[0].isdigit():
        yield Finding(NAME, "degraded", f"{file} tells no version: damaged, or another library", GET_LIBRARY)
    else:
        yield Finding(NAME, "good", f"{file} {said}")


def _package(wanted: bool) -> Iterator[Finding]:
    """Say what is installed; `wanted`: something is compiled that it would run."""
    try:
        said = version(PACKAGE)
    except PackageNotFoundError:
        said = ""
    if said:
        yield Finding(NAME, "good", f"{PACKAGE} {said}")
        return
    what, remedy = f"{PACKAGE} is not installed", "install edged with its extra: pip install 'edged[npu]'"
    if sys.version_info >= (3, 13):
        what = f"{PACKAGE} is not published for Python {sys.version_info[0]}.{sys.version_info[1]}"
        remedy = "install edged on a distribution with Python 3.11 or 3.12, as Debian 12 or Ubuntu 24.04"
    yield Finding(NAME, "degraded", what, remedy) if wanted else Finding(NAME, "good", what)


def _numbers(dotted: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", dotted)[:4])


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))

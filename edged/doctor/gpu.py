"""The GPU and its OpenCL: driver, node, ICD files and the libraries they name.

Whether a kernel really runs there is for the GPU backend to try; that try is called at the end of `check`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from edged.config.sysroot import on_machine
from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.doctor.machine_files import found, in_binary, is_there, libraries
from edged.doctor.nodes import access

NAME = "gpu"
NODE = "/dev/mali0"
ICDS = "/etc/OpenCL/vendors"

LIBMALI_VERSION = rb"\b(g\d{1,2}p\d-\d{2}eac\d)\b"
"""As libmali prints it: `arm_release_ver of this libmali is 'g6p0-01eac0'`."""

LIBMALI = (
    "install libmali-valhall-g610 in the `-dummy` or `-gbm` flavour that fits your kernel, with its mali.icd"
)


def check(case: Case) -> Iterator[Finding]:
    """Say whether OpenCL could be used on the GPU, and what is missing where the kernel allows it."""
    icds = list(_icds())
    if case.kernel.kind != "vendor+mali":
        also = f"; OpenCL here: {', '.join(name for name, _ in icds)}" if icds else ""
        yield Finding(NAME, "good", f"{_why_not(case)}: features run on the CPU{also}")
        return
    if not is_there(NODE):
        what = f"{NODE} is missing although Mali's driver is in the kernel"
        yield Finding(
            NAME, "degraded", what, "see `sudo dmesg | grep -i mali`: firmware or device tree is amiss"
        )
    else:
        locked = list(access(NAME, on_machine(NODE), case.runs_as))
        yield from locked or [Finding(NAME, "good", f"{NODE}: {case.runs_as.name} may open it")]
    yield from _opencl(case, icds)


def _why_not(case: Case) -> str:
    return {
        "vendor+panthor": "panthor drives the GPU, and the OpenCL of libmali does not work with it",
        "vendor": "this kernel has no driver for the GPU",
        "mainline": "mainline kernel: no OpenCL that edged knows works on this GPU",
    }.get(case.kernel.kind, "no Mali GPU of an RK3588 here")


def _opencl(case: Case, icds: list[tuple[str, list[str]]]) -> Iterator[Finding]:
    if not libraries("libOpenCL.so.1"):
        install = case.distribution.install("ocl-icd")
        yield Finding(NAME, "degraded", "libOpenCL.so.1, the loader of OpenCL, is missing", install)
    if not icds:
        yield Finding(NAME, "degraded", f"no OpenCL driver is named in {ICDS}", LIBMALI)
    for icd, names in icds:
        for name in names:
            yield from _library(icd, name)
        if not names:
            yield Finding(NAME, "degraded", f"{ICDS}/{icd} names no library", LIBMALI)


def _library(icd: str, name: str) -> Iterator[Finding]:
    there = libraries(name)
    if there:
        version = in_binary(there[0], LIBMALI_VERSION)
        made = f", libmali {version}" if version else ""
        yield Finding(NAME, "good", f"OpenCL by {icd}: {there[0]}{made}")
    else:
        what = f"{ICDS}/{icd} names {name}, which is nowhere on this machine"
        yield Finding(NAME, "degraded", what, f"{LIBMALI}; or remove {ICDS}/{icd}")


def _icds() -> Iterator[tuple[str, list[str]]]:
    """Yield each ICD file with the libraries that it names."""
    for file in found(ICDS, "*.icd"):
        yield file.name, _named(file)


def _named(file: Path) -> list[str]:
    try:
        lines = file.read_bytes()[:4096].decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [line.strip() for line in lines if re.fullmatch(r"[^\s\0]+", line.strip())]

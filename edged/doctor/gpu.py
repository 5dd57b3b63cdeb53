"""The GPU and its OpenCL: driver, node, ICD files and the libraries they name, and whether it computes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from edged.backends.opencl.icds import FOLDER as ICDS
from edged.backends.opencl.icds import Icd, brings_loader
from edged.backends.opencl.icds import icds as icd_files
from edged.config.sysroot import on_machine
from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.doctor.kernel import nodes_of
from edged.doctor.machine_files import in_binary, is_there, libraries
from edged.doctor.nodes import access
from edged.doctor.opencl import LIBMALI, tries

NAME = "gpu"
NODE = "/dev/mali0"

LIBMALI_VERSION = rb"\b(g\d{1,2}p\d-\d{2}eac\d)\b"
"""As libmali prints it: `arm_release_ver of this libmali is 'g6p0-01eac0'`."""


def check(case: Case) -> Iterator[Finding]:
    """Say whether OpenCL could be used on the GPU, and what is missing where the kernel allows it."""
    icds = icd_files()
    if case.kernel.kind != "vendor+mali":
        also = f"; OpenCL here: {', '.join(icd.name for icd in icds)}" if icds else ""
        yield Finding(NAME, "good", f"{_why_not(case)}: features run on the CPU{also}")
        asked = case.config.features.backend == "opencl" or case.config.features.device
        if asked:
            for node in nodes_of(["panthor"]):
                yield from access(NAME, on_machine(f"/dev/dri/{node}"), case.runs_as)
        if asked or icds:
            yield from _tried(case, icds)
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
    yield from _tried(case, icds)


def _tried(case: Case, icds: Sequence[Icd]) -> Iterator[Finding]:
    """Try OpenCL on this machine; files of another one cannot be tried."""
    if on_machine("/") != Path("/"):
        return
    if is_there(NODE) and any(access(NAME, on_machine(NODE), case.me)):
        who = case.me.name
        what = f"OpenCL is not tried, {who} may not open {NODE}: `sudo edged doctor` tries it"
        yield Finding(NAME, "good", what)
        return
    there = [Icd(icd.name, tuple(name for name in icd.libraries if libraries(name))) for icd in icds]
    yield from tries(case, there)


def _why_not(case: Case) -> str:
    return {
        "vendor+panthor": "panthor drives the GPU, and the OpenCL of libmali does not work with it",
        "vendor": "this kernel has no driver for the GPU",
        "mainline": "mainline kernel: no OpenCL that edged knows works on this GPU",
    }.get(case.kernel.kind, "no Mali GPU of an RK3588 here")


def _opencl(case: Case, icds: Sequence[Icd]) -> Iterator[Finding]:
    yield from loader(case, brings_loader())
    if not icds:
        yield Finding(NAME, "degraded", f"no OpenCL driver is named in {ICDS}", LIBMALI)
    for icd in icds:
        for name in icd.libraries:
            yield from _library(icd.name, name)
        if not icd.libraries:
            yield Finding(NAME, "degraded", f"{ICDS}/{icd.name} names no library", LIBMALI)


def loader(case: Case, brought: bool) -> Iterator[Finding]:
    """Say whether OpenCL's loader is missing. brought: pyopencl has one of its own."""
    if not brought and not libraries("libOpenCL.so.1"):
        install = case.distribution.install("ocl-icd")
        yield Finding(NAME, "degraded", "libOpenCL.so.1, the loader of OpenCL, is missing", install)


def _library(icd: str, name: str) -> Iterator[Finding]:
    there = libraries(name)
    if there:
        version = in_binary(there[0], LIBMALI_VERSION)
        made = f", libmali {version}" if version else ""
        yield Finding(NAME, "good", f"OpenCL by {icd}: {there[0]}{made}")
    else:
        what = f"{ICDS}/{icd} names {name}, which is nowhere on this machine"
        yield Finding(NAME, "degraded", what, f"{LIBMALI}; or remove {ICDS}/{icd}")

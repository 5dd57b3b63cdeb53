"""Whether OpenCL really works: each library loaded, devices asked, a kernel compiled and run, in children.

The first of these that fails is named with the remedy for this kernel and distribution; what comes after it
is not tried, since it would fail for the same reason.
"""

import re
from collections.abc import Iterator, Sequence

from edged.backends.opencl.devices import Device, choose
from edged.backends.opencl.icds import RUSTICL, Icd, pyopencl
from edged.doctor.case import Case
from edged.doctor.finding import Finding, State
from edged.doctor.opencl_child import COMPUTE, DEVICES, LOAD, ask, offered
from edged.errors import ProviderUnavailable

NAME = "gpu"

WITH_PIP = "pip install 'edged[gpu]', into the environment that edged runs in"

NOTABLE = ("cl_khr_fp16", "cl_khr_command_buffer", "cl_arm_import_memory")
"""Extensions that say most about a driver's age and use."""

GRAPHICS = re.compile(r"lib(X11|xcb|wayland|drm|gbm)")
"""Libraries that only some flavours of libmali need."""

LIBMALI = (
    "install libmali-valhall-g610 in the `-dummy` or `-gbm` flavour that fits your kernel, with its mali.icd"
)


def tries(case: Case, icds: Sequence[Icd]) -> Iterator[Finding]:
    """Try what the configuration would use.

    icds: the ICD files whose libraries are there; the others are known to be amiss.
    """
    state = _state(case)
    if pyopencl() is None:
        yield _finding(state, "pyopencl, which edged reaches OpenCL through, is not installed", WITH_PIP)
        return
    loaded = True
    for file, name in [(icd.name, name) for icd in icds for name in icd.libraries]:
        try:
            ask(LOAD, name)
        except ProviderUnavailable as exc:
            loaded = False
            yield _finding(state, f"{file}: {name} {exc.reason}", _of_a_library(case, exc.reason))
    try:
        found = offered(ask(DEVICES))
    except ProviderUnavailable as exc:
        if loaded:
            yield _finding(state, f"asking for devices: {exc.reason}", without_device(case))
        return
    for device in found:
        yield Finding(NAME, "good", f"OpenCL device {in_words(device)}")
    yield _computed(case, state, found)


def _computed(case: Case, state: State, found: Sequence[Device]) -> Finding:
    try:
        chosen = choose(found, case.config.features.device)
    except ProviderUnavailable as exc:
        remedy = '[features] device = "0", or what fits' if len(found) > 1 else without_device(case)
        return _finding(state, exc.reason, remedy)
    try:
        ask(COMPUTE, str(chosen.index))
    except ProviderUnavailable as exc:
        return _finding(state, f"{chosen.name}: {exc.reason}", without_device(case))
    what = f"{chosen.name} compiled and ran a kernel, and its answer is right (tried by {case.me.name})"
    return Finding(NAME, "good", what)


def in_words(device: Device) -> str:
    """Return a device with its versions and the extensions that matter."""
    notable = [name for name in NOTABLE if name in device.extensions] or ["none of note"]
    return (
        f"{device.in_words}, {device.version}, driver {device.driver}; extensions: {', '.join(notable)},"
        f" {len(device.extensions)} in all"
    )


def _state(case: Case) -> State:
    """Return how bad it is that OpenCL does not work: nothing was promised where nobody asked for it."""
    asked = case.config.features.backend == "opencl" or case.config.features.device
    return "degraded" if asked or case.kernel.kind == "vendor+mali" else "good"


def _finding(state: State, what: str, remedy: str) -> Finding:
    if state == "good":
        return Finding(NAME, state, f"{what}: features run on the CPU")
    return Finding(NAME, state, what, remedy)


def without_device(case: Case) -> str:
    """Return the way to a device that computes, for this kernel and distribution."""
    if case.kernel.kind == "vendor+mali":
        return (
            "libmali must be of the version that this kernel's Mali driver wants, and mali_csffw.bin in"
            " /lib/firmware: see `sudo dmesg | grep -i mali`"
        )
    if case.kernel.kind == "other":
        return 'install an OpenCL driver for the GPU of this machine; or [features] backend = "cpu"'
    return (
        f"{case.distribution.vendor_kernel} and libmali, which works with Mali's own kernel driver alone;"
        f" Mesa's rusticl ({RUSTICL}=panfrost in the service's environment) is at your own risk"
    )


def _of_a_library(case: Case, why: str) -> str:
    if GRAPHICS.search(why):
        return "take the `-dummy` flavour of libmali-valhall-g610: it needs no X11, no Wayland and no GBM"
    if "cannot open shared object file" in why:
        return f"sudo ldconfig, if the file is there; else {LIBMALI}"
    if case.kernel.kind in ("vendor+mali", "other"):
        return f"install the driver again: the file is damaged or of another machine; on RK3588 {LIBMALI}"
    return without_device(case)

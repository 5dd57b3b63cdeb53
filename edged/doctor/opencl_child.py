"""What is asked of OpenCL drivers, in a throw-away process: they crash, hang and print what they like."""

import ctypes
import json
import os
import sys
from dataclasses import asdict, replace
from typing import Any

from edged.backends.child import run_child
from edged.backends.opencl.devices import Device, devices
from edged.backends.opencl.trial_kernel import compute
from edged.errors import ProviderUnavailable

LIMIT_S = 60.0
"""Seconds for one question: a driver's compiler is slow the first time."""

LOAD, DEVICES, COMPUTE = "load", "devices", "compute"


def ask(what: str, about: str = "", limit_s: float = LIMIT_S) -> Any:
    """Ask in a child.

    what: LOAD the library that `about` names; list DEVICES; COMPUTE on the device of the index `about`.

    Returns:
        For DEVICES what `offered` takes, else None.

    Raises:
        ProviderUnavailable: the answer is no, or the process did not live to tell it.
    """
    try:
        ended = run_child("edged.doctor.opencl_child", [what, about], limit_s)
    except OSError as exc:
        raise ProviderUnavailable("opencl", f"no process can be started ({exc})") from exc
    if ended.status is None:
        raise ProviderUnavailable("opencl", f"hangs: no answer in {limit_s:g} s")
    if ended.status != 0:
        raise ProviderUnavailable("opencl", f"crashes: the process that tried it {ended.how}")
    said = json.loads(ended.answer)
    if said["why"]:
        raise ProviderUnavailable("opencl", said["why"])
    return said["found"]


def offered(found: list[dict[str, Any]]) -> tuple[Device, ...]:
    """Return the devices that a child listed; their handles stayed there."""
    listed: list[dict[str, Any]] = [{**each, "extensions": tuple(each["extensions"])} for each in found]
    return tuple(Device(**each) for each in listed)


def _answer(what: str, about: str) -> Any:
    if what == LOAD:
        _load(about)
    elif what == COMPUTE:
        compute(devices()[int(about)].handle)
    else:
        return [asdict(replace(each, handle=None)) for each in devices()]
    return None


def _load(name: str) -> None:
    try:
        library = ctypes.CDLL(name)
    except OSError as exc:
        raise ProviderUnavailable("opencl", f"does not load ({exc})") from exc
    if not (hasattr(library, "clGetExtensionFunctionAddress") or hasattr(library, "clIcdGetPlatformIDsKHR")):
        raise ProviderUnavailable("opencl", "loads and is no OpenCL driver")


def _main(fd: int, what: str, about: str) -> None:
    said: dict[str, Any] = {"why": "", "found": None}
    try:
        said["found"] = _answer(what, about)
    except ProviderUnavailable as exc:
        said["why"] = exc.reason
    except Exception as exc:  # noqa: BLE001 - whatever a driver raises, the parent is told
        said["why"] = f"{type(exc).__name__}: {exc}"
    with os.fdopen(fd, "w") as out:
        json.dump(said, out)


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2], sys.argv[3])

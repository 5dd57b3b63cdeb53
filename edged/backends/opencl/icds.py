"""The OpenCL drivers of this machine by their ICD files, read and not loaded."""

import hashlib
import os
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING

from edged.backends.shared_libraries import found, libraries

if TYPE_CHECKING:
    from edged.backends.openers import FeatureModels

FOLDER = "/etc/OpenCL/vendors"
ELSEWHERE = ("OCL_ICD_VENDORS", "OCL_ICD_FILENAMES")
"""Variables by which loaders are led to other ICD files."""

LONGEST = 4096
"""Bytes read of an ICD file; it is one name."""


@dataclass(frozen=True, slots=True)
class Icd:
    """One file that names a driver's library."""

    name: str
    """Of the file."""
    libraries: tuple[str, ...]
    """Names or paths; a right file has one."""


def icds() -> tuple[Icd, ...]:
    """Return the ICD files of this machine."""
    return tuple(Icd(file.name, _named(file)) for file in found(FOLDER, "*.icd"))


def missing(models: "FeatureModels") -> str:
    """Say what this machine lacks for OpenCL; empty where a device may be there.

    A device that was named is always tried: its driver may come with pyopencl, as PoCL's can.
    """
    if pyopencl() is None:
        return "pyopencl is not installed; `pip install 'edged[gpu]'` brings it"
    if models.device or icds() or any(os.environ.get(name) for name in ELSEWHERE):
        return ""
    return f"no OpenCL driver is installed, there is no {FOLDER}/*.icd; `edged doctor` says what to do"


def fingerprint() -> str:
    """Return what changes when a driver is installed, replaced or removed: names, sizes, times of change."""
    parts = [pyopencl() or "no pyopencl", *(os.environ.get(name, "") for name in (*ELSEWHERE, RUSTICL))]
    for icd in icds():
        parts += [icd.name, *icd.libraries]
        parts += [_changed(file) for name in icd.libraries for file in libraries(name)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


RUSTICL = "RUSTICL_ENABLE"
"""Which GPUs Mesa's rusticl offers: none unless it is set (docs.mesa3d.org/rusticl)."""


def pyopencl() -> str | None:
    """Return the version of pyopencl, None where it is not installed."""
    try:
        return version_of("pyopencl")
    except PackageNotFoundError:
        return None


def brings_loader() -> bool:
    """Return whether pyopencl has a loader of its own, as its wheels do: then the system needs none."""
    try:
        return any("libOpenCL" in file.name for file in files("pyopencl") or ())
    except PackageNotFoundError:
        return False


def _changed(file: Path) -> str:
    try:
        status = file.stat()
    except OSError:
        return f"{file} hidden"
    return f"{file} {status.st_size} {status.st_mtime_ns}"


def _named(file: Path) -> tuple[str, ...]:
    try:
        lines = file.read_bytes()[:LONGEST].decode("utf-8", "replace").splitlines()
    except OSError:
        return ()
    return tuple(line.strip() for line in lines if re.fullmatch(r"[^\s\0]+", line.strip()))

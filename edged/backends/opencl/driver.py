"""The one door to pyopencl: imported when a backend opens, its errors told in one sentence of ours."""

import os
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

from edged.errors import ProviderFailed, ProviderUnavailable

PROVIDER = "opencl"


@cache
def driver() -> Any:
    """Return pyopencl.

    Raises:
        ProviderUnavailable: it is not installed, or finds no OpenCL loader.
    """
    # its own caches lie in the home of the user, which a service has none of; ours know the driver's version
    os.environ.setdefault("PYOPENCL_NO_CACHE", "1")
    try:
        import pyopencl
    except ImportError as exc:
        raise ProviderUnavailable(PROVIDER, f"pyopencl does not import ({exc})") from exc
    cl: Any = pyopencl
    warnings.filterwarnings("ignore", category=cl.CompilerWarning)  # a compiler that talks has not failed
    return cl


@contextmanager
def refused(doing: str) -> Generator[None]:
    """Turn what the driver raises while a backend opens into ProviderUnavailable: `doing` failed."""
    cl = driver()
    try:
        yield
    except cl.Error as exc:
        raise ProviderUnavailable(PROVIDER, f"{doing} failed: {sentence(exc)}") from exc


@contextmanager
def failed(doing: str) -> Generator[None]:
    """Turn what the driver raises later into ProviderFailed."""
    cl = driver()
    try:
        yield
    except cl.Error as exc:
        raise ProviderFailed(PROVIDER, f"{doing} failed: {sentence(exc)}") from exc


def sentence(error: Exception) -> str:
    """Return the first line of an error of the driver: compilers append their whole log."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__

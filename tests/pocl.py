"""PoCL from pip: the OpenCL device of tests. It shows that kernels are right, never that they are fast."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.pocl_cpu import mend

SITE = Path(__file__).with_name("pocl_site")


def device():
    """Return PoCL's device as pyopencl knows it, or skip the test that asks for it."""
    os.environ.update(_variables())
    pyopencl = pytest.importorskip("pyopencl")
    mend(Path(pyopencl.__file__).parent)
    try:
        platforms = pyopencl.get_platforms()
    except pyopencl.LogicError:
        platforms = []
    for platform in platforms:
        if platform.name == "Portable Computing Language":
            return platform.get_devices()[0]
    pytest.skip("no PoCL: pocl-binary-distribution is there for x86-64 only")


def environment() -> dict[str, str]:
    """Return the environment of a child that computes with PoCL."""
    python_path = os.pathsep.join(filter(None, [str(SITE), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **_variables(), "PYTHONPATH": python_path}


def _variables() -> dict[str, str]:
    """PoCL's own cache, kept from run to run where no home is needed; pyopencl's off, as in edged."""
    cache = Path(tempfile.gettempdir()) / f"edged-tests-pocl-{os.getuid()}"
    cache.mkdir(mode=0o700, exist_ok=True)
    return {"POCL_CACHE_DIR": str(cache), "PYOPENCL_NO_CACHE": "1"}

"""PoCL from pip: the OpenCL device of tests. It shows that kernels are right, never that they are fast.

Where `EDGED_TEST_OPENCL` names a real device, as `features.device` does, the same tests run on that one:
`EDGED_TEST_OPENCL=Mali scripts/test tests/backends/opencl tests/contracts/test_feature_backends.py`.
"""

import os
import tempfile
from pathlib import Path

import pytest

from edged.backends.opencl.devices import device as named
from tests.pocl_cpu import mend

SITE = Path(__file__).with_name("pocl_site")

REAL = os.environ.get("EDGED_TEST_OPENCL", "")
"""Index or part of the name of a real device; empty: PoCL."""


def device():
    """Return the device as pyopencl knows it, or skip the test that asks for it where there is no PoCL."""
    if REAL:
        return named(REAL)
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


def only() -> None:
    """Skip a test that is about a machine which has PoCL and no GPU."""
    if REAL:
        pytest.skip("about PoCL itself, and a real device was asked for")


def environment() -> dict[str, str]:
    """Return the environment of a child that computes with the device of tests."""
    if REAL:
        return dict(os.environ)
    python_path = os.pathsep.join(filter(None, [str(SITE), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **_variables(), "PYTHONPATH": python_path}


def _variables() -> dict[str, str]:
    """PoCL's own cache, kept from run to run where no home is needed; pyopencl's off, as in edged."""
    cache = Path(tempfile.gettempdir()) / f"edged-tests-pocl-{os.getuid()}"
    cache.mkdir(mode=0o700, exist_ok=True)
    return {"POCL_CACHE_DIR": str(cache), "PYOPENCL_NO_CACHE": "1"}

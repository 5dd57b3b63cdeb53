"""What is opened and closed again and again, as a chain does for months, gives back all that it took."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests import pocl
from tests.backends.rknn.artifacts import compiled
from tests.backends.rknn.conftest import DOUBLES

TIMES, FIRST = 20, 4
"""Pools of allocators and of the driver fill in the first times."""
BYTES = 20_000
"""Per opening: 4 MB in two hundred. pyopencl keeps the source of each caller that it writes, some 6 kB."""


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("models") / "rknn-rk3588", ("alexa",))


@pytest.mark.parametrize("kind", ["cpu features", "cpu heads", "opencl features", "rknn heads"])
def test_what_is_opened_again_and_again_leaves_nothing_behind(kind, sheet):
    if kind == "opencl features":
        pocl.device()
    python_path = os.pathsep.join([str(DOUBLES), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": python_path, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.backends.reopen", kind, str(sheet), str(TIMES)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    files, threads, held = np.array(json.loads(done.stdout))[FIRST:].T
    assert set(files) == {files[0]}
    assert threads.max() <= threads[0] + 1  # one that was joined may not have left the kernel yet
    assert np.polyfit(np.arange(len(held)), held, 1)[0] <= BYTES, held

"""A child that computes with PoCL, as one that tries a driver does: its standard output is its own."""

import subprocess
import sys
from pathlib import Path

from tests import pocl
from tests.backends.opencl.sounds import models

CODE = """
import sys
from pathlib import Path
import numpy as np
from edged.backends.opencl.designs import Choice
from edged.backends.opencl.driver import driver
from edged.backends.opencl.features import OpenClFeatures

(device,) = [each for platform in driver().get_platforms() for each in platform.get_devices()]
opened = OpenClFeatures(*map(Path, sys.argv[1:]), device, choice=Choice("single", 4, "cpu"))
_, embedding = opened.stream().step(np.zeros(1760, np.int16), True)
opened.close()
print(embedding.shape)
"""


def test_a_child_computes_and_says_nothing_else():
    pocl.only()
    pocl.device()
    command = [sys.executable, "-c", CODE, *models()]
    root = Path(__file__).parents[3]
    done = subprocess.run(
        command, env=pocl.environment(), cwd=root, capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, done.stdout) == (0, "(96,)\n"), done.stderr

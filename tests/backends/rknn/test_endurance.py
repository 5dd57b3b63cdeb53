"""A day and more of hops takes no more memory than an hour does."""

import json
import subprocess
import sys

import numpy as np

CALLS, LOOKS = 100_000, 20


def test_a_hundred_thousand_inferences_keep_less_than_a_kilobyte_per_thousand(lite, sheet):
    command = [sys.executable, "-m", "tests.backends.rknn.endure", str(sheet), str(CALLS), str(LOOKS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr
    seen = np.array(json.loads(done.stdout))[LOOKS // 5 :]  # pools fill in the beginning
    per_thousand = np.polyfit(np.arange(len(seen)) * CALLS / LOOKS / 1000, seen, 1)[0]
    assert per_thousand <= 1024, seen

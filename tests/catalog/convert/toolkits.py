"""The compiler's double, and what conversions are judged on in tests."""

import sys
from pathlib import Path

import numpy as np

from edged.catalog.convert.environment import Toolkit
from edged.catalog.convert.samples import Samples, exact
from tests.graphs.heads import windows

DOUBLE = Toolkit(Path(__file__).parents[2] / "doubles" / "toolkit" / "python", "2.5.0")


def use(monkeypatch, fault: str = "") -> Toolkit:
    """Return the double, with a fault such as `build:segfault`."""
    monkeypatch.setenv("EDGED_TEST_PYTHON", sys.executable)
    monkeypatch.setenv("EDGED_TEST_FAULT", fault)
    return DOUBLE


def samples(count: int = 12) -> Samples:
    mels = np.random.default_rng(4).normal(1, 2, size=(count, 76, 32)).astype(np.float32)
    return Samples(exact(windows(34, count)), exact(mels), min(8, count))

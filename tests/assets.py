"""Where the recordings and models for tests lie; tests that need them skip, by name, where absent."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("EDGED_TEST_ASSETS", Path(__file__).parents[2] / "shared" / "assets"))


def asset(path: str) -> Path:
    """Return a file or folder of the test data, or skip the test that asks for it."""
    found = ROOT / path
    if not found.exists():
        pytest.skip(f"test data absent: {path} (looked in {ROOT})")
    return found

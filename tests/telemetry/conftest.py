"""Machines that the tests of this folder look at."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.machines import machine


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Be on a fake machine: `on("rock-5b", "v61", "load_missing")`."""

    def be_on(board: str, kernel: str, *nasty: str) -> Path:
        root = machine(tmp_path / "machine", board, kernel, *nasty)
        monkeypatch.setenv("EDGED_SYSROOT", str(root))
        return root

    return be_on

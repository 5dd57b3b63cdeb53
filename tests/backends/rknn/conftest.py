"""The double of Rockchip's package in the place of the real one, and compiled heads for it."""

import importlib
import logging
from pathlib import Path

import pytest

from tests.backends.rknn.artifacts import compiled

DOUBLES = Path(__file__).parents[2] / "doubles"


@pytest.fixture
def lite(monkeypatch):
    """The module that stands in for `rknnlite.api`, without a fault; children find it as well."""
    monkeypatch.syspath_prepend(str(DOUBLES))
    monkeypatch.setenv("PYTHONPATH", str(DOUBLES))
    names, levels = dict(logging._levelToName), dict(logging._nameToLevel)
    api = importlib.import_module("rknnlite.api")
    for table, before in ((logging._levelToName, names), (logging._nameToLevel, levels)):
        table.clear()
        table.update(before)
    api.FAULTS.reset()
    api.OPENED.clear()
    api.RELEASED.clear()
    yield api
    api.FAULTS.reset()


@pytest.fixture(scope="session")
def sheet(tmp_path_factory):
    """The model.toml of all heads, one graph per window, each in both forms of LayerNorm."""
    return compiled(tmp_path_factory.mktemp("models") / "rknn-rk3588", more=("safe",))

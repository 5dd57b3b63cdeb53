"""The double of Rockchip's package in the place of the real one, and compiled heads for it."""

import importlib
from pathlib import Path

import pytest

from edged.backends.rknn.lite import level_names
from tests.backends.rknn.artifacts import compiled

DOUBLES = Path(__file__).parents[2] / "doubles"


@pytest.fixture
def lite(monkeypatch):
    """The module that stands in for `rknnlite.api`, without a fault; children find it as well."""
    monkeypatch.syspath_prepend(str(DOUBLES))
    monkeypatch.setenv("PYTHONPATH", str(DOUBLES))
    with level_names():
        api = importlib.import_module("rknnlite.api")
    api.FAULTS.reset()
    api.OPENED.clear()
    api.RELEASED.clear()
    yield api
    api.FAULTS.reset()


@pytest.fixture(scope="session")
def sheet(tmp_path_factory):
    """The model.toml of all heads, one graph per window, each in both forms of LayerNorm."""
    return compiled(tmp_path_factory.mktemp("models") / "rknn-rk3588", more=("safe",))

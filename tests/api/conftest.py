"""Models for the public classes, found as a user's are: by the environment."""

import pytest

from tests.daemon import ROOT, models

__all__ = ["models"]


@pytest.fixture
def at_home(models, monkeypatch):
    """The root of the repository as working folder, the models of the tests as the user's."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("EDGED__MODELS__DIR", str(models))
    monkeypatch.setenv("EDGED__MODELS__ACCEPT_LICENCES", '["CC-BY-NC-SA-4.0"]')

"""What the docstrings of the public classes show is what happens."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["ear", "engine", "model"])
def test_the_examples_are_true(at_home, name):
    result = doctest.testmod(importlib.import_module(f"edged.api.{name}"))
    assert result.attempted >= 3
    assert result.failed == 0

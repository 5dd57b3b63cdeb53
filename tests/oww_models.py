"""openWakeWord's models for tests: from the test data, else from an installed openwakeword package."""

import importlib.util
from pathlib import Path

import pytest

from tests.assets import ROOT


def model(name: str) -> Path:
    """Return e.g. `embedding_model.onnx` or `alexa_v0.1.onnx`, or skip the test that asks for it."""
    for folder in ("features", "heads"):
        if (found := ROOT / "wake" / folder / name).exists():
            return found
    package = importlib.util.find_spec("openwakeword")
    if package is not None and package.origin is not None:
        found = Path(package.origin).parent / "resources" / "models" / name
        if found.exists():
            return found
    pytest.skip(f"no {name}: neither test data nor an installed openwakeword package")

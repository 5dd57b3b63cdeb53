"""What is held on the GPU is told with each command and in the metrics, and claimed by nobody without one."""

import json
import re
from dataclasses import replace

import pytest

from edged.backends.opencl.designs import Choice
from edged.backends.opencl.opening import open_features
from edged.backends.openers import OPENERS, FeatureModels, Opener
from edged.config.load import load
from edged.runtime.pipeline import Pipeline
from tests import pocl
from tests.daemon import DEMO, models, write_config

__all__ = ["models"]

GPU = '[features]\nbackend = "opencl"\ndevice = "PoCL"\n'


@pytest.fixture
def told(models, tmp_path, monkeypatch):
    """Returns what hears the demo recording: its final, and its last metrics."""
    pocl.device()
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    opened = []

    def open_(asked: FeatureModels):
        opened.append(open_features(asked, Choice("single", 4, "cpu")))
        return opened[-1]

    def hear(toml: str) -> tuple[dict, str, int | None]:
        events = tmp_path / "events.jsonl"
        events.unlink(missing_ok=True)
        toml = f'[audio]\nsource = "wav:{DEMO}"\n[sinks.jsonl]\npath = "{events}"\n{toml}'
        config = load(write_config(tmp_path / "edged.toml", models, toml), environ={}).config
        openers = replace(OPENERS, features={**OPENERS.features, "opencl": Opener(open_)})
        pipeline = Pipeline(config, fast=True, openers=openers)
        try:
            pipeline.start()
            assert pipeline.done.wait(60)
            metrics = pipeline.metrics().decode()
            held = opened[-1].stats().bytes_allocated if opened else None
        finally:
            pipeline.stop()
        assert pipeline.failure is None
        (final,) = [
            each for each in map(json.loads, events.read_text().splitlines()) if each["event"] == "final"
        ]
        return final, metrics, held

    return hear


def test_a_command_tells_what_the_gpu_holds_and_nothing_where_none_ran(told):
    final, metrics, held = told("")
    assert (final["metrics"]["gpu_memory_gb"], held) == (None, None)
    assert "edged_gpu_memory_bytes" not in metrics
    final, metrics, held = told(GPU)
    assert held > 1_000_000
    assert final["metrics"]["gpu_memory_gb"] == pytest.approx(held / 1e9, abs=1e-9)
    assert float(re.search(r"^edged_gpu_memory_bytes (.*)$", metrics, re.MULTILINE)[1]) == held

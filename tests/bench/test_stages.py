"""A row for each backend that ran, with what it cost; for every other the reason, and no number."""

import os

import pytest

from edged.backends.openers import OPENERS, FeatureModels, Native, Opener, Openers
from edged.backends.trial import to_text
from edged.bench.stage_child import Question, answer
from edged.bench.stages import run, table
from edged.config.load import load
from edged.errors import ProviderError, ProviderUnavailable
from tests import pocl
from tests.bench.documented import missing
from tests.daemon import config, models
from tests.oww_models import model

__all__ = ["config", "models"]


@pytest.fixture
def with_pocl(monkeypatch):
    """Children compute with PoCL."""
    device = pocl.device()
    for name, value in pocl.environment().items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    return device.name.strip()


def told(file, **asked):
    read = load(file, {}, {f"features.{key}": value for key, value in asked.items()}).config
    return run(read, read.models.dir, hops=5)


def test_what_ran_has_a_row_and_what_did_not_has_a_reason(config, with_pocl):
    result = told(config, device="pocl")
    rows = {(row["stage"], row["provider"]): row for row in result["rows"]}
    assert set(rows) == {("features", "cpu"), ("features", "opencl"), ("heads", "cpu")}
    for row in rows.values():
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"] < 1000
        assert 0 < row["cpu_ms"] < 1000
        assert 0 <= row["lock_ms"] < 1000
        assert row["hops"] == 5
    gpu = rows["features", "opencl"]
    assert gpu["device"] == with_pocl
    assert gpu["launches"] in (1, 2, 10, 11, 20, 22)
    assert gpu["kernel_ms"] > 0
    assert gpu["device_bytes"] > 1_000_000
    assert gpu["warm_ms"] < gpu["cold_ms"]  # the compiler and the tuner against a file
    assert rows["features", "cpu"]["launches"] is None
    absent = {(each["stage"], each["provider"]): each["why"] for each in result["absent"]}
    assert "no OpenCL execution provider" in absent["features", "ort-opencl"]
    assert absent["heads", "rknn"]
    text = table(result)
    assert f"features opencl{gpu['cold_ms']:>18.2f}" in text
    assert f"heads rknn: {absent['heads', 'rknn']}" in text


def test_a_backend_that_cannot_open_has_its_sentence_in_place_of_a_row(config, with_pocl):
    result = told(config, device="adreno")
    assert ("features", "opencl") not in {(row["stage"], row["provider"]) for row in result["rows"]}
    (why,) = [each["why"] for each in result["absent"] if each["provider"] == "opencl"]
    assert why.startswith("features.device = 'adreno' fits none of the devices here: 0: ")


def test_models_that_are_not_there_are_the_reason_for_every_backend_of_their_stage(config):
    read = load(config, {}, {"features.embedding": "nobody"}).config
    result = run(read, read.models.dir, hops=1)
    assert {row["stage"] for row in result["rows"]} == {"heads"}
    assert all("nobody" in each["why"] for each in result["absent"] if each["stage"] == "features")


@pytest.mark.parametrize(("function", "why"), [("wrong", "differ by 0.5"), ("fails", "planned fault")])
def test_a_backend_that_computes_something_else_or_fails_is_not_measured(function, why, tmp_path):
    natives = Native(f"tests.backends.natives:{function}")
    table = Openers({**OPENERS.features, "opencl": Opener(natives)}, OPENERS.heads)
    asked = FeatureModels(model("melspectrogram.onnx"), model("embedding_model.onnx"))
    with pytest.raises(ProviderError, match=why):
        answer(Question("features", "opencl", to_text(asked), str(tmp_path), 1), table)


def test_a_stage_that_cannot_be_opened_is_an_error_in_the_child_as_well(tmp_path):
    with pytest.raises(ProviderUnavailable):
        answer(
            Question("features", "ort-opencl", '{"melspectrogram": "m", "embedding": "e"}', str(tmp_path), 0)
        )


def test_a_row_says_how_often_it_woke_up_what_it_took_and_how_many_hops_warmed_it_up(config):
    read = load(config, {}, {"features.order": ["cpu"], "heads.order": ["cpu"]}).config
    for row in run(read, read.models.dir, hops=5)["rows"]:
        assert row["warm_up_hops"] == 10
        assert row["p50_ms"] <= row["max_ms"] and 0 < row["mean_ms"] <= row["max_ms"]
        assert row["hops_per_s"] == pytest.approx(1e3 / row["mean_ms"], rel=0.05)
        assert row["wakeups_per_s"] > 5  # it sleeps between hops, 12.5 a second
        assert row["idle_share"] is None  # this machine does not tell
        assert 20 < row["peak_memory_mb"] < 1000
        assert missing(row, "stages") == set()

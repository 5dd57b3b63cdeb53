"""Each kernel of a step has its time, and together they take no longer than the step."""

import json

import pytest
from typer.testing import CliRunner

from edged.backends.opencl.features import OpenClFeatures
from edged.bench import app
from edged.errors import ProviderUnavailable
from tests import pocl
from tests.bench.documented import missing
from tests.bench.test_stages import with_pocl
from tests.daemon import config, models, write_config
from tests.oww_models import model

__all__ = ["config", "models", "with_pocl"]


def test_in_every_step_the_kernels_together_take_no_longer_than_the_wall():
    features = OpenClFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"), pocl.device())
    try:
        found = features.profiled(8)
        assert len(found.kernels_s) == len(found.walls_s) == 8
        for kernels, wall in zip(found.kernels_s, found.walls_s, strict=True):
            assert len(kernels) == len(found.names) == features.stats().launches
            assert 0 < sum(kernels) <= wall
        assert features.profile() == features.stats().kernel_s > 0
    finally:
        features.close()


def test_the_command_names_device_driver_and_kernels(models, tmp_path, with_pocl):
    config = write_config(tmp_path / "edged.toml", models, '[features]\ndevice = "pocl"\n')
    said = ["profile", "-c", str(config), "--steps", "5"]
    result = json.loads(CliRunner().invoke(app, [*said, "--json"], catch_exceptions=False).stdout)
    assert missing(result, "header", "profile") == set()
    assert result["device"] == with_pocl and result["driver"]
    assert result["steps"] == result["wall_us"]["n"] == 5 == result["warm_up_steps"]
    assert all(kernel["name"] and kernel["us"]["median"] >= 0 for kernel in result["kernels"])
    assert 0 < result["kernels_us"]["median"] <= result["wall_us"]["max"]
    text = CliRunner().invoke(app, said, catch_exceptions=False).stdout
    assert result["kernels"][0]["name"] in text and "all kernels" in text


def test_without_a_device_there_is_a_sentence_and_no_number(models, tmp_path, with_pocl):
    config = write_config(tmp_path / "edged.toml", models, '[features]\ndevice = "adreno"\n')
    with pytest.raises(ProviderUnavailable, match=r"features\.device = 'adreno' fits none"):
        CliRunner().invoke(app, ["profile", "-c", str(config)], catch_exceptions=False)

"""What the configuration says of the GPU is what is opened."""

import pytest

from edged.backends.opencl.designs import Choice
from edged.backends.opencl.opening import open_features
from edged.backends.openers import FeatureModels
from edged.errors import ProviderUnavailable
from tests import pocl
from tests.backends.opencl.sounds import models

CHOICE = Choice("single", 4, "cpu")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    pocl.only()
    pocl.device()  # its variables
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    return tmp_path


def test_device_and_precision_are_those_asked_for(cache):
    opened = open_features(FeatureModels(*models(), device="pocl", precision="fp16"), CHOICE)
    assert opened.precision == "fp16"
    assert opened.device == pocl.device().name.strip()


def test_programs_are_kept_in_the_cache_folder_and_found_there(cache):
    asked = FeatureModels(*models(), device="pocl")
    first, second = open_features(asked, CHOICE).stats(), open_features(asked, CHOICE).stats()
    assert (first.program, second.program) == ("source", "binary")
    assert list((cache / "opencl").glob("*.program"))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"device": "pocl", "mem_limit_mb": 1}, "are more than features.mem_limit_mb = 1"),
        ({"device": "adreno"}, "features.device = 'adreno' fits none of the devices here: 0: "),
        ({}, "no GPU among the devices here: 0: "),
    ],
)
def test_what_cannot_be_is_one_sentence(cache, asked, sentence):
    with pytest.raises(ProviderUnavailable) as caught:
        open_features(FeatureModels(*models(), **asked), CHOICE)
    assert sentence in caught.value.reason
    assert "\n" not in caught.value.reason

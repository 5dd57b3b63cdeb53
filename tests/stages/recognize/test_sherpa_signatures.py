"""The installed sherpa-onnx knows every keyword that edged gives it; its factories differ from each other."""

import inspect

import pytest
import sherpa_onnx

from edged.stages.recognize.building import arguments
from edged.stages.recognize.families import FAMILIES
from edged.stages.recognize.requests import Load

CLASSES = {"streaming": sherpa_onnx.OnlineRecognizer, "offline": sherpa_onnx.OfflineRecognizer}
FORMS = [(family, mode) for family, modes in FAMILIES.items() for mode in modes]


NUMBERS = {"timed": 1}


def given_keywords(family: str, mode: str) -> set[str]:
    """Keywords that a model of the family is loaded with."""
    form = FAMILIES[family][mode]
    files = {role: f"/{role}" for role in (*form.graphs, "tokens")}
    return set(arguments(Load("tiny", family, mode, files), NUMBERS))


@pytest.mark.parametrize(("family", "mode"), FORMS)
def test_every_keyword_given_to_a_factory_is_in_its_signature(family, mode):
    form = FAMILIES[family][mode]
    parameters = inspect.signature(getattr(CLASSES[mode], form.factory)).parameters
    swallowed = [name for name, parameter in parameters.items() if parameter.kind is parameter.VAR_KEYWORD]
    assert swallowed == [], "a factory that takes anything would hide a misspelt keyword"
    given = given_keywords(family, mode)
    assert {"tokens", "num_threads", "provider"} <= given
    assert given <= set(parameters)
    required = {name for name, parameter in parameters.items() if parameter.default is parameter.empty}
    assert required <= given

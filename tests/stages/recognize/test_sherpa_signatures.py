"""The installed sherpa-onnx knows every keyword that edged gives it; its factories differ from each other."""

import ast
import inspect
from pathlib import Path

import pytest
import sherpa_onnx

from edged.stages import recognize
from edged.stages.recognize.families import FAMILIES

CLASSES = {"streaming": sherpa_onnx.OnlineRecognizer, "offline": sherpa_onnx.OfflineRecognizer}
FORMS = [(family, mode) for family, modes in FAMILIES.items() for mode in modes]


def written_keywords(mode: str) -> set[str]:
    """Keywords that the one call of `factory` in a decoder's source spells out."""
    source = (Path(recognize.__file__).parent / f"{mode}.py").read_text(encoding="utf-8")
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    (call,) = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "factory"]
    return {keyword.arg for keyword in call.keywords if keyword.arg is not None}


@pytest.mark.parametrize(("family", "mode"), FORMS)
def test_every_keyword_given_to_a_factory_is_in_its_signature(family, mode):
    form = FAMILIES[family][mode]
    parameters = inspect.signature(getattr(CLASSES[mode], form.factory)).parameters
    swallowed = [name for name, parameter in parameters.items() if parameter.kind is parameter.VAR_KEYWORD]
    assert swallowed == [], "a factory that takes anything would hide a misspelt keyword"
    given = written_keywords(mode) | {graph.parameter for graph in form.graphs.values()}
    assert {"tokens", "num_threads", "provider"} <= given
    assert given <= set(parameters)
    required = {name for name, parameter in parameters.items() if parameter.default is parameter.empty}
    assert required <= given

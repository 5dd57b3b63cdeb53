"""What `import edged` promises: these names, these signatures, and nothing heavy before one is asked for."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import edged

ROOT = Path(__file__).parents[1]

PROMISED = {
    "AudioInputError": None,
    "ConfigError": None,
    "Ear": "config=None, words=(), stream='ear', scores=False, patient=False, **settings",
    "Ear.feed": "self, pcm",
    "Ear.finish": "self, timeout_s=30.0",
    "Ear.close": "self",
    "EdgedError": None,
    "Engine": "config=None, **settings",
    "Engine.setup": "self",
    "Engine.transcribe": "self, audio, rate=16000, language=None, hotwords=None, itn=None, punctuate=None",
    "Engine.close": "self",
    "Event": "stream, utterance, sample, wall, body",
    "Model": "wakeword_models=(), enable_speex_noise_suppression=False, vad_threshold=0.0, "
    "inference_framework='onnx', config=None, **settings",
    "Model.predict": "self, x, patience=None, threshold=None",
    "Model.predict_clip": "self, clip, padding=1, chunk_size=1280, **predict",
    "Model.reset": "self",
    "ModelError": None,
    "Result": "text, words, metrics, confidence=None, notes=()",
    "__version__": None,
    "to_json": "event",
}
"""Public names and how they are called; a change here is a change for every program that uses edged."""

METHODS = {"Ear": {"feed", "finish", "close"}, "Engine": {"setup", "transcribe", "close"}}
METHODS["Model"] = {"predict", "predict_clip", "reset"}


def called(thing: object) -> str:
    """Return the parameters of something without their types."""
    parts = []
    for parameter in inspect.signature(thing).parameters.values():
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        parts.append(f"{stars}{parameter.name}{default}")
    return ", ".join(parts)


def test_these_names_are_offered_and_no_others():
    assert set(edged.__all__) == {name for name in PROMISED if "." not in name}
    assert set(edged.__all__) <= set(dir(edged))


@pytest.mark.parametrize("name", [name for name, signature in PROMISED.items() if signature is not None])
def test_each_is_called_as_promised(name):
    first, _, method = name.partition(".")
    thing = getattr(edged, first)
    assert called(getattr(thing, method) if method else thing) == PROMISED[name]


@pytest.mark.parametrize("name", METHODS)
def test_a_class_has_no_other_public_method(name):
    public = {key for key, value in vars(getattr(edged, name)).items() if callable(value) and key[0] != "_"}
    assert public == METHODS[name]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'edged' has no attribute 'Eer'"):
        _ = edged.Eer


def test_importing_edged_imports_nothing_of_others():
    code = "import json, sys; before = set(sys.modules); import edged; dir(edged)\n"
    code += "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    foreign = set(json.loads(done.stdout)) - set(sys.stdlib_module_names)
    assert foreign == {"edged"}

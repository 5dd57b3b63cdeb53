import os
import time
from pathlib import Path

import pytest

from edged.catalog.importing import import_model
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from edged.errors import ModelError
from edged.runtime.trial import try_model
from tests.assets import asset
from tests.catalog.sniff.networks import head, network, save


def model(path, kind="head"):
    return Model("hey_edge", kind, path.parent, {"model": ModelFile(path, None, None)}, "unknown", "a test")


@pytest.mark.parametrize(
    ("path", "kind"),
    [("wake/heads/cpp/hey_mycroft_v0.1.onnx", "head"), ("vad/silero_vad_oww.onnx", "vad")],
)
def test_a_model_that_answers_passes(path, kind):
    try_model(model(asset(path), kind))


def test_a_head_that_does_not_run_is_refused_by_the_reason(tmp_path):
    path = save(
        network({"x": [1, 16, 96]}, {"y": [1, 1]}, operators=("NoSuchOperator",)), tmp_path / "a.onnx"
    )
    with pytest.raises(
        ModelError, match=r"hey_edge: does not run: .*NoSuchOperator.*; get it again"
    ) as refusal:
        try_model(model(path))
    assert "\n" not in str(refusal.value)


def test_a_head_that_answers_no_score_is_refused(tmp_path):
    path = save(network({"x": [1, 1, 96]}, {"y": [1, 1, 96]}), tmp_path / "logits.onnx")
    with pytest.raises(ModelError, match="not a score from 0 to 1"):
        try_model(model(path))


def test_a_model_that_hangs_is_given_up(tmp_path):
    began = time.monotonic()
    with pytest.raises(ModelError, match=r"gave no answer in 0\.01 s, so it was not taken"):
        try_model(model(asset("wake/heads/alexa_v0.1.onnx")), limit_s=0.01)
    assert time.monotonic() - began < 30


def test_a_child_that_dies_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import os\nos.kill(os.getpid(), 11)\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    with pytest.raises(
        ModelError, match="hey_edge: the process that opens it is ended by SIGSEGV; get it again"
    ):
        try_model(model(asset("wake/heads/alexa_v0.1.onnx")))


def test_what_does_not_run_is_not_imported(tmp_path):
    path: Path = save(head(), tmp_path / "hey_edge.onnx")  # it answers with its input
    with pytest.raises(ModelError, match="hey_edge: does not run"):
        import_model(path, tmp_path / "models", trial=try_model)
    assert [left.name for left in (tmp_path / "models").iterdir()] == [".lock"]

# ruff: noqa: E501 - a table is read by its rows

from pathlib import Path

import numpy as np
import pytest

from edged.catalog.sniff.folder import sniff
from tests.catalog.sniff.networks import head, network, save


def verdict_of(model, tmp_path):
    return sniff(save(model, tmp_path / "hey_edge.bin"))  # the suffix says nothing


@pytest.mark.parametrize("window", [1, 16, 34])
def test_a_head_of_a_window_that_is_kept_is_taken(tmp_path, window):
    verdict = verdict_of(head(window), tmp_path)
    assert verdict.sentence == f"a wake-word head of openWakeWord's shape, window {window}"
    assert verdict.model is not None
    assert (verdict.model.name, verdict.model.kind, verdict.model.licence) == ("hey_edge", "head", "unknown")


def test_a_head_of_livekit_is_named(tmp_path):
    verdict = verdict_of(head(names=("embeddings", "score")), tmp_path)
    assert verdict.sentence == "a wake-word head of livekit-wakeword, window 16"
    assert verdict.model is not None


def test_outputs_are_counted(tmp_path):
    assert verdict_of(head(outputs=7), tmp_path).sentence.endswith("window 16, 7 outputs")


@pytest.mark.parametrize(
    ("model", "what"),
    [
        (head(35), "a wake-word head of openWakeWord's shape whose window is 35: edged keeps 34 embeddings"),
        (head("frames"), "a wake-word head of openWakeWord's shape whose window is left open: edged keeps 34"),
        (network({"x": [1, 16, 96]}, {"y": [1, 1], "z": [1]}), "a wake-word head of openWakeWord's shape of a form"),
        (network({"x": [1, 16, 96]}, {"y": [1, "classes"]}), "a wake-word head of openWakeWord's shape of a form"),
        (network({"x": [1, 16, 96]}, {"y": [1, 1]}, kind=10), "an ONNX model of no kind that edged knows (takes float16"),
        (network({"x": [8, 16, 96]}, {"y": [8, 1]}), "an ONNX model of no kind that edged knows (takes float32 [8, 16"),
        (network({"x": [1, "n"]}, {"y": ["t", 1, "u", 32]}), "a melspectrogram like openWakeWord's, in another edition"),
        (network({"input": [1, 512], "sr": [], "state": [2, 1, 64]}, {"o": [1, 1], "n": []}), "an ONNX model of no kind"),
        (network({"x": [1]}, {"y": [1]}, {"model_type": "ced\x1b"}), "an ONNX model of no kind that edged knows "
            "(takes float32 [1], answers float32 [1], model_type ced?)"),
        (network({"x": [1, 9]}, {"y": [1]}, {"model_type": "zipformer2"}), "a part of a speech recognizer, zipformer"),
        (network({c: [1] for c in "abcd"}, {"y": [1]}), "an ONNX model of no kind that edged knows "
            "(takes float32 [1] and float32 [1] and float32 [1] and 1 more, answers float32 [1])"),
    ],
)  # fmt: skip
def test_others_are_refused_by_what_they_are(tmp_path, model, what):
    verdict = verdict_of(model, tmp_path)
    assert verdict.model is None
    assert verdict.sentence.startswith(what)
    assert verdict.way_out


def test_a_model_in_two_files_is_refused_with_the_way_to_one(tmp_path):
    model = head()
    model.graph.initializer.append(
        network({"x": [1]}, {"y": [1]}, weights={"w": np.ones(3)}).graph.initializer[0]
    )
    model.graph.initializer[0].data_location = 1
    verdict = verdict_of(model, tmp_path)
    assert verdict.model is None
    assert "onnx.save(" in verdict.way_out


def test_a_renamed_model_of_the_catalog_keeps_its_licence(tmp_path):
    from tests.assets import asset

    path = tmp_path / "mine"
    path.write_bytes(asset("wake/heads/alexa_v0.1.onnx").read_bytes())
    verdict = sniff(path)
    assert verdict.model is not None
    assert (verdict.model.name, verdict.model.licence) == ("alexa", "CC-BY-NC-SA-4.0")
    assert verdict.model.files["model"].path == path
    assert verdict.model.folder == Path(tmp_path)

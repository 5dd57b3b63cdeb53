import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from edged.backends.cpu.graph import answers as compute
from edged.catalog.convert.convert import Order, Wanted, convert
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from edged.catalog.read import read_model
from edged.catalog.verify import verify
from edged.errors import ModelError
from edged.graphs.canary import canary_weights
from tests.assets import asset
from tests.catalog.convert.toolkits import samples, use
from tests.graphs.heads import answers, head, tiny


def model(name: str, path: Path | None = None, licence: str = "MIT") -> Model:
    path = path or head(name)
    return Model(name, "head", path.parent, {"model": ModelFile(path, None, None)}, licence, "a test")


def order(*names: str, **changes) -> Order:
    return replace(Order([Wanted(model(name), 0.5, (0,)) for name in names]), **changes)


def crashing(path: Path) -> Path:
    """A head that ends the compiler: it chooses between two numbers."""
    make = helper.make_node
    nodes = [
        make("ReduceMean", ["x"], ["m"], axes=[1, 2], keepdims=0),
        make("Unsqueeze", ["m", "axis"], ["mean"]),
        make("Sigmoid", ["mean"], ["s"]),
        make("Greater", ["s", "half"], ["high"]),
        make("Where", ["high", "s", "half"], ["y"]),
    ]
    half = ("half", np.full((1, 1), 0.5, np.float32))
    return tiny(path, nodes, inits=[half, ("axis", np.array([1], np.int64))])


def do(wanted: Order, place: Path, toolkit, **more):
    return convert(wanted, place, lambda: toolkit, compute, more.pop("samples", samples()), **more)


def never():
    raise AssertionError("nothing is to be compiled")


def test_a_conversion_is_a_model_folder_that_says_all_a_board_needs(monkeypatch, tmp_path):
    done = do(order("alexa", "hey_jarvis", "weather"), tmp_path, use(monkeypatch))
    made = read_model(tmp_path / "rknn-rk3588")
    verify(made)
    assert done.model == made
    assert not done.refused
    assert (made.kind, made.licence) == ("compiled", "MIT")
    forms = [(each.window, each.layernorm, each.stage) for each in made.artifacts]
    assert forms == [(16, "plain", "heads"), (16, "safe", "heads"), (22, "plain", "heads")]
    first = made.artifacts[0]
    assert first.columns == ("alexa", "hey_jarvis/first", "hey_jarvis/then", "canary")
    assert [each.sha256 for each in first.heads] == [
        hashlib.sha256(head(name).read_bytes()).hexdigest() for name in ("alexa", "hey_jarvis")
    ]
    assert made.artifacts[1].cpu_operators == ("Div",)
    assert 0 < first.simulator_error < 0.02
    assert sorted(each.name for each in tmp_path.iterdir() if not each.name.startswith(".")) == [
        "rknn-rk3588"
    ]


def test_the_probe_holds_windows_and_what_the_heads_answer_to_them(monkeypatch, tmp_path):
    do(order("alexa", "hey_jarvis"), tmp_path, use(monkeypatch))
    artifact = read_model(tmp_path / "rknn-rk3588").artifacts[0]
    with np.load(artifact.probe.path) as stored:
        feats, scores = stored["feats"], stored["scores"]
    assert (feats.dtype, feats.shape) == (np.float16, (8, 16, 96))
    feats = feats.astype(np.float32)
    found = artifact.score(scores)
    for slot, name in zip(artifact.heads, ("alexa", "hey_jarvis"), strict=True):
        np.testing.assert_allclose(found[slot.sha256], answers(head(name), feats), atol=1e-5)
    assert artifact.canary is not None
    canary = feats.reshape(8, -1) @ canary_weights(artifact.canary.seed, 16)
    np.testing.assert_allclose(scores[:, artifact.canary.column], canary, atol=1e-4)


def test_what_was_made_from_the_same_is_kept_and_what_was_not_is_made_anew(monkeypatch, tmp_path):
    toolkit, wanted = use(monkeypatch), order("alexa")
    before = do(wanted, tmp_path, toolkit).model
    again = convert(wanted, tmp_path, never, compute, samples())
    assert [each.fresh for each in again.outcomes] == [False]
    assert again.model == before
    for other in (
        {"samples": samples(13)},
        {"wanted": replace(wanted, heads=[replace(wanted.heads[0], threshold=0.4)])},
        {"wanted": order("hey_rhasspy")},
    ):
        with pytest.raises(AssertionError, match="nothing is to be compiled"):
            convert(other.get("wanted", wanted), tmp_path, never, compute, other.get("samples", samples()))
    before.artifacts[0].file.path.write_bytes(b"damaged")
    assert do(wanted, tmp_path, toolkit).outcomes[0].fresh
    verify(read_model(tmp_path / "rknn-rk3588"))


def test_a_head_that_crashes_the_compiler_is_named_and_the_others_stay_together(monkeypatch, tmp_path):
    bad = Wanted(model("odd", crashing(tmp_path / "odd.onnx")), 0.5, (0,))
    wanted = order("alexa", "hey_rhasspy")
    done = do(replace(wanted, heads=[bad, *wanted.heads]), tmp_path / "models", use(monkeypatch))
    assert done.refused == {"odd": "the compiler crashes on it (SIGSEGV while it is at 'build')"}
    assert done.model.artifacts[0].columns == ("alexa", "hey_rhasspy", "canary")
    files = {each.name for each in done.model.folder.iterdir()} - {"model.toml"}
    assert files == {each.path.name for each in done.model.files.values()}


def test_a_head_that_comes_out_too_far_off_is_left_out_with_its_numbers(monkeypatch, tmp_path):
    done = do(order("alexa", "weather", "hey_rhasspy"), tmp_path, use(monkeypatch, "simulate:off 1 0.3 3"))
    columns = [each.columns for each in done.model.artifacts]
    assert columns[0] == ("alexa", "canary")
    assert set(done.refused) == {"hey_rhasspy"}
    assert "differ by up to 0.3" in done.refused["hey_rhasspy"]


def test_a_head_that_only_the_safe_form_computes_well_is_converted(monkeypatch, tmp_path):
    done = do(order("hey_rhasspy"), tmp_path, use(monkeypatch, "simulate:plain 0 0.3"))
    assert [each.layernorm for each in done.model.artifacts] == ["safe"]
    assert not done.refused


def test_no_head_left_says_why_for_each_and_leaves_what_was_there(monkeypatch, tmp_path):
    before = do(order("alexa"), tmp_path, use(monkeypatch)).model
    other = Wanted(model("precise", asset("wake/heads/other/precise_computer.onnx")), 0.5, ())
    wanted = replace(order("alexa"), heads=[other, Wanted(model("weather"), 0.5, (0,))])
    with pytest.raises(ModelError) as caught:
        do(wanted, tmp_path, use(monkeypatch, "build:raise Unsupported operator"))
    said = str(caught.value)
    assert said.startswith("no head can be converted: precise: takes (1, 29, 13), not (1, window, 96)")
    assert "weather: the compiler refuses it at 'build': Unsupported operator" in said
    assert read_model(tmp_path / "rknn-rk3588") == before
    assert [each.name for each in tmp_path.iterdir() if each.is_dir()] == ["rknn-rk3588"]


def test_a_compiler_that_cannot_be_had_leaves_nothing_behind(tmp_path):
    def none():
        raise ModelError("the package index does not answer")

    with pytest.raises(ModelError, match="does not answer"):
        convert(order("alexa"), tmp_path, none, compute, samples())
    assert not [each for each in tmp_path.iterdir() if each.is_dir()]


def test_a_place_that_cannot_be_written_is_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match=r"file.*choose a folder with --out"):
        do(order("alexa"), tmp_path / "file", use(monkeypatch))


def test_int8_has_no_canary_and_is_for_heads_with_sounds_to_calibrate(monkeypatch, tmp_path):
    toolkit = use(monkeypatch)
    done = do(order("alexa", precision="int8"), tmp_path, toolkit, calibration=samples(20))
    (artifact,) = done.model.artifacts
    assert (artifact.precision, artifact.canary, artifact.columns) == ("int8", None, ("alexa",))
    with pytest.raises(ModelError, match="int8 needs sounds to calibrate with"):
        do(order("alexa", precision="int8"), tmp_path, toolkit)
    with pytest.raises(ModelError, match="embeddings do not bear it"):
        wanted = order("alexa", precision="int8", embedding=asset("wake/features/embedding_model.onnx"))
        do(wanted, tmp_path, toolkit, calibration=samples(20))


def test_the_fused_stage_takes_mel_and_history_and_names_its_embedding(monkeypatch, tmp_path):
    embedding = asset("wake/features/embedding_model.onnx")
    done = do(order("alexa", embedding=embedding), tmp_path, use(monkeypatch))
    fused = done.model.artifacts[-1]
    assert (fused.stage, fused.window) == ("embedding+heads", 16)
    assert fused.embedding_sha256 == hashlib.sha256(embedding.read_bytes()).hexdigest()
    with np.load(fused.probe.path) as stored:
        shapes = {name: stored[name].shape for name in stored.files}
    assert shapes == {
        "mel": (8, 76, 32, 1), "history": (8, 15, 96), "scores": (8, 2), "embedding": (8, 1, 96)
    }  # fmt: skip

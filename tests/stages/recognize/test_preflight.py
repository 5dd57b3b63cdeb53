import dataclasses
import shutil

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from edged.errors import ModelError
from edged.stages.recognize import loading
from edged.stages.recognize.preflight import preflight, read_tokens
from tests.stages.recognize import tiny_ctc


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return tiny_ctc.make(tmp_path_factory.mktemp("good"))


@pytest.fixture
def model(good, tmp_path):
    """A copy to damage."""
    shutil.copytree(good.folder, tmp_path / "model")
    return tiny_ctc.describe(tmp_path / "model")


def without(path, key):
    model = onnx.load(path)
    props = {entry.key: entry.value for entry in model.metadata_props if entry.key != key}
    helper.set_model_props(model, props)
    onnx.save(model, path)


def replace(path, key, value):
    model = onnx.load(path)
    helper.set_model_props(model, {e.key: e.value for e in model.metadata_props} | {key: value})
    onnx.save(model, path)


def as_folder(path):
    path.unlink()
    path.mkdir()


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


ONNX_DAMAGE = {
    "missing": (lambda path: path.unlink(), "no such file"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "folder": (as_folder, "is not a file"),
    "text": (lambda path: path.write_text("hello, I am no model\n" * 50), "no ONNX model"),
    "cut": (cut, "cut short"),
    "page": (lambda path: path.write_text("<!DOCTYPE html><html>404</html>"), "no ONNX model"),
    "pointer": (
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"),
        "no ONNX model",
    ),
    "no vocab": (lambda path: without(path, "vocab_size"), "metadata 'vocab_size' is missing"),
    "no subsampling": (lambda path: without(path, "subsampling_factor"), "'subsampling_factor' is missing"),
    "zero": (lambda path: replace(path, "subsampling_factor", "0"), "is '0', not 1 to 64"),
    "word": (lambda path: replace(path, "vocab_size", "many"), "is 'many'"),
    "vocab": (lambda path: replace(path, "vocab_size", "99"), "12 tokens, the model has 100"),
}
TOKENS_DAMAGE = {
    "missing": (lambda path: path.unlink(), "no such file"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "folder": (as_folder, "is not a file"),
    "binary": (lambda path: path.write_bytes(b"\xff\x00\xfe" * 40), "UTF-8"),
    "malformed": (lambda path: path.write_text("<blk> 0\n▁a one\n"), ":2: '▁a one' is not"),
    "three": (lambda path: path.write_text("<blk> 0 0\n"), ":1:"),
    "no blank": (lambda path: path.write_text("▁a 0\n▁b 1\n"), "no blank"),
    "twice": (lambda path: path.write_text("<blk> 0\n▁a 0\n"), "id 0 is there twice"),
    "hole": (lambda path: path.write_text("<blk> 0\n▁a 2\n"), "without a hole"),
    "few": (lambda path: path.write_text("<blk> 0\n▁a 1\n"), "2 tokens, the model has 12"),
}


def refusal(load) -> str:
    with pytest.raises(ModelError) as caught:
        preflight(load)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("damage", ONNX_DAMAGE)
@pytest.mark.parametrize("mode", ["streaming", "offline"])
def test_a_damaged_model_is_one_sentence_with_its_file(model, mode, damage):
    spoil, reason = ONNX_DAMAGE[damage]
    path = model.files[mode].path
    spoil(path)
    sentence = refusal(loading.request(model, mode))
    assert reason in sentence
    assert str(path.parent) in sentence


@pytest.mark.parametrize("damage", TOKENS_DAMAGE)
def test_a_damaged_tokens_file_is_one_sentence_with_its_file(model, damage):
    spoil, reason = TOKENS_DAMAGE[damage]
    path = model.files["tokens"].path
    spoil(path)
    sentence = refusal(loading.request(model))
    assert reason in sentence
    assert str(path) in sentence


def test_a_normalization_that_sherpa_does_not_know_is_refused(model):
    replace(model.files["offline"].path, "normalize_type", "per_whim")
    assert "'per_whim'" in refusal(loading.request(model, "offline"))


def test_a_chunk_that_moves_on_further_than_it_sees_is_refused(model):
    replace(model.files["streaming"].path, "chunk_shift", str(tiny_ctc.CHUNK + 1))
    assert "'chunk_shift' is larger" in refusal(loading.request(model, "streaming"))


def test_a_streaming_file_without_its_caches_is_refused(model):
    shutil.copy(model.files["offline"].path, model.files["streaming"].path)
    assert "2 inputs" in refusal(loading.request(model, "streaming"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"provider": "rknn"}, "provider 'rknn'"),
        ({"decoding": "modified_beam_search"}, "decoding"),
        ({"family": "wenet"}, "family 'wenet' is not known"),
        ({"mode": "both"}, "no mode 'both'"),
        ({"threads": 0}, "threads 0"),
        ({"threads": -4}, "threads -4"),
        ({"nice": 40}, "nice 40"),
        ({"sample_rate": 1}, "sample_rate 1"),
        ({"min_audio_s": float("nan")}, "min_audio_s"),
        ({"tail_padding_s": 1e9}, "tail_padding_s"),
        ({"files": {}}, "no file of role"),
        ({"files": {"streaming": "/a\0b", "tokens": "/x"}}, "/a"),
    ],
)
def test_what_would_end_or_hang_sherpa_is_refused_before(good, change, reason):
    assert reason in refusal(dataclasses.replace(loading.request(good), **change))


def test_a_good_model_passes_and_tells_its_numbers(good):
    assert preflight(loading.request(good, "offline"))["subsampling_factor"] == 4


@given(st.text(max_size=60))
def test_a_tokens_file_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "fuzzed-tokens.txt"
    path.write_text(text, encoding="utf-8")
    try:
        units = read_tokens(path)
    except ModelError:
        return
    assert sorted(units) == list(range(len(units)))


def test_a_request_says_what_is_wrong_with_the_manifest(good):
    facts = good.recognizer
    with pytest.raises(ModelError, match="not a recognizer"):
        loading.request(dataclasses.replace(good, kind="vad"))
    with pytest.raises(ModelError, match="family 'wenet' is not known; known: nemo-ctc, "):
        loading.request(dataclasses.replace(good, recognizer=dataclasses.replace(facts, family="wenet")))
    only = dataclasses.replace(good, recognizer=dataclasses.replace(facts, modes=("offline",)))
    with pytest.raises(ModelError, match="no mode 'streaming'; it has offline"):
        loading.request(only, "streaming")
    assert loading.request(only).mode == "offline"
    assert loading.request(good).mode == "streaming"

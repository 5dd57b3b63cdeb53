# ruff: noqa: E501 - a table is read by its rows

import shutil
from pathlib import Path

import pytest

from edged.catalog.importing import import_model
from edged.catalog.sniff.folder import MAX_FILES, sniff
from edged.catalog.sniff.sherpa import RUNS
from edged.errors import ModelError
from edged.stages.recognize.families import FAMILIES
from edged.stages.recognize.loading import request
from edged.stages.recognize.preflight import preflight
from tests.catalog.sniff.networks import head, network, save

SELFTEST = Path(__file__).parents[3] / "models" / "selftest"
NEMO = {"vocab_size": 2, "subsampling_factor": 4, "normalize_type": "per_feature"}
STREAMING = {
    "vocab_size": 2, "subsampling_factor": 4, "window_size": 20, "chunk_shift": 16,
    **{f"cache_last_{what}_dim{axis}": 1 for what in ("channel", "time") for axis in (1, 2, 3)},
}  # fmt: skip
ENCODER = {"model_type": "zipformer2", "T": 45, "decode_chunk_len": 32}


def graph(metadata, inputs=2, outputs=1):
    return network({f"i{n}": [1] for n in range(inputs)}, {f"o{n}": [1] for n in range(outputs)}, metadata)


def tokens(folder, count=3):
    folder.mkdir(exist_ok=True)
    units = ["<blk>", "▁a", *(f"u{n}" for n in range(count))]
    (folder / "tokens.txt").write_text("".join(f"{unit} {n}\n" for n, unit in enumerate(units[:count])))


def test_the_families_taken_are_the_families_that_run():
    assert {family: set(modes) for family, modes in RUNS.items()} == {f: set(m) for f, m in FAMILIES.items()}


def test_a_nemo_recognizer_is_taken_and_passes_the_check_before_loading(tmp_path):
    folder = tmp_path / "my-recognizer"
    folder.mkdir()
    for name, found in (
        ("model.onnx", "offline.onnx"),
        ("chunked.onnx", "streaming.onnx"),
        ("tokens.txt", "tokens.txt"),
    ):
        shutil.copy(SELFTEST / found, folder / name)
    model = import_model(folder, tmp_path / "models").model
    assert (model.name, model.kind) == ("my-recognizer", "recognizer")
    assert model.recognizer is not None
    assert model.recognizer.modes == ("streaming", "offline")
    for mode in model.recognizer.modes:
        assert preflight(request(model, mode))["vocab_size"] == 124


@pytest.mark.parametrize("other", ["model.onnx", "full.onnx"])
def test_of_two_sizes_the_int8_one_is_taken_and_named(tmp_path, other):
    folder = tmp_path / "nemo"
    tokens(folder)
    for name in (other, "model.int8.onnx"):
        save(graph(NEMO), folder / name)
    verdict = sniff(folder)
    assert verdict.sentence == "a recognizer of sherpa-onnx, NeMo CTC, offline (model.int8.onnx)"
    assert verdict.model is not None
    assert verdict.model.files["offline"].path.name == "model.int8.onnx"


def test_an_own_folder_is_taken_as_it_is():
    verdict = sniff(SELFTEST)
    assert verdict.sentence == "a model folder of edged, kind recognizer"
    assert verdict.model is not None
    assert verdict.targets == {
        "streaming": "streaming.onnx",
        "offline": "offline.onnx",
        "tokens": "tokens.txt",
    }


def test_an_own_folder_that_is_damaged_is_an_error(tmp_path):
    shutil.copytree(SELFTEST, tmp_path / "selftest")
    (tmp_path / "selftest" / "tokens.txt").write_text("<blk> 0\n")
    with pytest.raises(ModelError, match=r"tokens\.txt: 8 bytes instead of 1497"):
        sniff(tmp_path / "selftest")


REFUSED = {
    "transducer": (
        {"encoder.onnx": graph(ENCODER, 9), "decoder.onnx": graph({"context_size": 2, "vocab_size": 2}), "joiner.onnx": graph({"joiner_dim": 5})},
        "a recognizer of sherpa-onnx (zipformer transducer): edged takes only NeMo CTC from a folder so far; write its model.toml by hand",
    ),
    "NeMo transducer": (
        {"encoder.onnx": graph(NEMO | {"pred_rnn_layers": 1, "pred_hidden": 640, "model_type": "EncDecRNNTBPEModel"}), "decoder.onnx": graph({}), "joiner.onnx": graph({})},
        "a recognizer of sherpa-onnx (NeMo transducer): edged takes",
    ),
    "SenseVoice": ({"model.int8.onnx": graph({"model_type": "sense_voice_ctc"}, 4)}, "a recognizer of sherpa-onnx (SenseVoice): edged"),
    "Paraformer": ({"encoder.onnx": graph({"model_type": "paraformer"}), "decoder.onnx": graph({})}, "a recognizer of sherpa-onnx (Paraformer): edged"),
    "Whisper": ({"tiny.en-encoder.onnx": graph({"model_type": "whisper-tiny.en"}), "tiny.en-decoder.onnx": graph({})}, "a recognizer of sherpa-onnx (Whisper (whisper-tiny.en)): edged"),
    "Moonshine": ({"preprocess.onnx": graph({}), "encode.int8.onnx": graph({}), "cached_decode.int8.onnx": graph({})}, "a recognizer of sherpa-onnx (encoder and decoder): edged"),
    "tokens of another": ({"model.onnx": graph(NEMO | {"vocab_size": 1024})}, "a recognizer of sherpa-onnx, NeMo CTC, offline, but tokens.txt has 3 tokens, model.onnx 1024 and a blank: take both"),
    "heads": ({"hey_you.onnx": head(), "hey_me.onnx": head()}, "a folder with models in it (hey_me.onnx, hey_you.onnx): import them one by one"),
    "foreign": ({"x.onnx": network({"x": [1, 29, 13]}, {"y": [1, 1]})}, "a folder that holds x.onnx, a wake word of Mycroft Precise"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_folder_is_refused_by_what_it_is(name, tmp_path):
    files, what = REFUSED[name]
    folder = tmp_path / "folder"
    tokens(folder)
    for file, model in files.items():
        save(model, folder / file)
    verdict = sniff(folder)
    assert verdict.model is None
    assert verdict.sentence.startswith(what)


def test_a_recognizer_without_its_tokens_is_refused(tmp_path):
    save(graph(NEMO), tmp_path / "nemo" / "model.onnx")
    assert sniff(tmp_path / "nemo").sentence.endswith("offline, without its tokens.txt: get the whole folder")


def test_a_streaming_recognizer_in_two_files_is_refused(tmp_path):
    model = graph(STREAMING, 5, 5)
    weight = model.graph.initializer.add()
    weight.name, weight.data_location = "w", 1
    tokens(tmp_path)
    save(model, tmp_path / "model.onnx")
    assert "streaming, whose weights lie in another file" in sniff(tmp_path).sentence


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ([], "a folder without a model: give the one that holds the model"),
        ([".git/x", ".hidden"], "a folder without a model"),
        (["README.md"], "a folder without a model"),
        (["en/x", "de/x"], "a folder of folders (de, en): give the one that holds the model"),
    ],
)
def test_a_folder_without_models_says_what_is_there(tmp_path, inside, what):
    for name in inside:
        (tmp_path / "f" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "f" / name).write_text("words")
    (tmp_path / "f").mkdir(exist_ok=True)
    assert sniff(tmp_path / "f").sentence.startswith(what)


def test_a_folder_of_everything_is_not_searched(tmp_path):
    for number in range(MAX_FILES + 1):
        (tmp_path / f"{number}").touch()
    with pytest.raises(ModelError, match=f"a folder of more than {MAX_FILES} files"):
        sniff(tmp_path)

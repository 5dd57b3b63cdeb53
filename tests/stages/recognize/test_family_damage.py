"""What ends sherpa-onnx's process when it loads a family is one sentence before it sees the model."""

import dataclasses
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from edged.errors import ModelError, RecognizerDied
from edged.stages.recognize import loading
from edged.stages.recognize.building import form_of
from edged.stages.recognize.preflight import preflight
from edged.stages.recognize.process import ChildRecognizer
from tests.stages.recognize.test_families import MODELS


@pytest.fixture(scope="module")
def loads(tmp_path_factory):
    """What the child is asked to load, for a good model of each family."""
    root = tmp_path_factory.mktemp("families")
    return {name: loading.request(make(root / name)) for name, make in MODELS.items()}


@pytest.fixture
def copied(loads, tmp_path):
    def copied(name):
        """The same, with files that may be damaged."""
        load = loads[name]
        files = {role: str(shutil.copy(path, tmp_path)) for role, path in load.files.items()}
        return dataclasses.replace(load, files=files)

    return copied


def refusal(load) -> str:
    with pytest.raises(ModelError) as caught:
        preflight(load)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def keys(load):
    """Every metadata key that the family needs, with its role."""
    for role, graph in form_of(load).graphs.items():
        model = onnx.load(load.files[role])
        named = {entry.key: entry.value for entry in model.metadata_props}
        kind = graph.kinds.get(named.get("model_type", ""))
        wanted = {*graph.integers, *graph.words, *graph.lists, *graph.floats}
        if kind:
            wanted |= {"model_type", *kind.integers, *kind.lists}
        yield from ((role, key) for key in sorted(wanted))


def with_value(path, key, value):
    """Write a model with another value of a key; None: without it."""
    model = onnx.load(path)
    named = {entry.key: entry.value for entry in model.metadata_props if entry.key != key}
    helper.set_model_props(model, named if value is None else named | {key: value})
    onnx.save(model, path)


def test_every_good_model_passes(loads):
    for load in loads.values():
        assert preflight(load)["subsampling_factor"] >= 1


@pytest.mark.parametrize("value", [None, "-1", "many", "1,,2", "99999999999999999999"])
@pytest.mark.parametrize("name", MODELS)
def test_each_metadata_key_that_is_missing_or_wrong_is_named(copied, name, value):
    load = copied(name)
    for role, key in keys(load):
        path = Path(load.files[role])
        good = path.read_bytes()
        with_value(load.files[role], key, value)
        sentence = refusal(load)
        assert repr(key) in sentence
        assert load.files[role] in sentence
        path.write_bytes(good)


@pytest.mark.parametrize("name", MODELS)
def test_a_file_of_the_wrong_role_is_refused(copied, name):
    load = copied(name)
    roles = list(form_of(load).graphs)
    for role, other in pairwise(roles):
        refusal(dataclasses.replace(load, files=load.files | {role: load.files[other]}))


ALIKE = {
    ("transducer-offline", "zipformer-ctc-offline"),
    ("transducer-streaming", "zipformer-ctc-streaming"),
}
"""Told apart only by the number of tokens, here the same: sherpa-onnx survives, and the text is nonsense."""


@pytest.mark.parametrize("family", MODELS)
def test_models_of_other_families_are_refused(loads, family):
    wanted = loads[family]
    for name, load in loads.items():
        same = (load.family, load.mode) == (wanted.family, wanted.mode)
        if same or load.family == wanted.family == "nemo-ctc" or (name, family) in ALIKE:
            continue  # a folder of NeMo's holds both modes
        graphs = [path for role, path in load.files.items() if role != "tokens"]
        roles = [role for role in wanted.files if role != "tokens"]
        files = {role: graphs[min(index, len(graphs) - 1)] for index, role in enumerate(roles)}
        refusal(dataclasses.replace(wanted, files=files | {"tokens": load.files["tokens"]}))


@pytest.mark.parametrize("name", MODELS)
def test_tokens_of_another_model_are_refused(copied, name):
    load = copied(name)
    path = Path(load.files["tokens"])
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("<blk> 0\n</s> 1\n" + "".join(f"w{index} {index}\n" for index in range(2, 3000)))
    assert "take both files from one source" in refusal(load)
    if form_of(load).counted:
        path.write_text("\n".join(lines[:4]), encoding="utf-8")
        assert "take both files from one source" in refusal(load)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    "change",
    [{"decoding": "beam"}, {"provider": "rknn"}, {"provider": "cpu:"}, {"provider": "cuda"}, {"threads": 0}],
)
def test_words_that_end_the_process_are_refused_for_every_family(loads, name, change):
    (key,) = change
    assert key in refusal(dataclasses.replace(loads[name], **change))


@pytest.mark.parametrize("name", [name for name, _ in MODELS.items() if "streaming" in name])
def test_a_model_that_moves_on_by_nothing_or_further_than_it_sees_is_refused(copied, name):
    """The first would decode for ever."""
    load = copied(name)
    for role, key in keys(load):
        if key in ("decode_chunk_len", "chunk_shift"):
            for value in ("0", "9999"):
                with_value(load.files[role], key, value)
                assert key in refusal(load)


@pytest.mark.parametrize(
    ("name", "role", "key", "value", "reason"),
    [
        ("transducer-streaming", "encoder", "num_encoder_layers", "2", "its metadata say 15 and 15"),
        ("transducer-streaming", "encoder", "num_heads", "2,2", "not equally long"),
        ("transducer-streaming", "encoder", "model_type", "whim", "'model_type' is 'whim'"),
        ("transducer-streaming", "decoder", "vocab_size", "11", "the joiner has 12 outputs"),
        ("transducer-offline", "decoder", "context_size", "0", "'context_size' is '0'"),
        ("zipformer-ctc-offline", "offline", "model_type", "wenet_ctc", "'wenet_ctc'"),
        ("paraformer-streaming", "encoder", "decoder_num_blocks", "2", "the encoder says 6"),
        ("paraformer-offline", "model", "neg_mean", "1,2,3", "holds 3 numbers, not 560"),
        ("paraformer-offline", "model", "lfr_window_size", "6", "holds 560 numbers, not 480"),
        ("sense-voice-offline", "model", "normalize_samples", "2", "'normalize_samples' is '2'"),
        ("whisper-offline", "encoder", "n_mels", "81", "'n_mels' is '81'"),
        ("whisper-offline", "encoder", "eot", "2000", "token 2000 of 1516"),
        ("whisper-offline", "encoder", "sot_sequence", "8", "no place for a language"),
        ("whisper-offline", "encoder", "all_language_codes", "en", "does not number the languages"),
        ("whisper-offline", "encoder", "all_language_tokens", "9,9999", "does not number the languages"),
        ("whisper-offline", "encoder", "all_language_codes", "fr,de", "language 'en' of its manifest"),
    ],
)
def test_what_contradicts_itself_is_one_sentence(copied, name, role, key, value, reason):
    load = copied(name)
    with_value(load.files[role], key, value)
    assert reason in refusal(load)


def test_a_sense_voice_of_a_language_that_it_does_not_know_is_refused(loads):
    load = dataclasses.replace(loads["sense-voice-offline"], languages=("fr",))
    assert "SenseVoice knows auto, zh" in refusal(load)


def test_a_moonshine_whose_decoders_do_not_fit_is_refused(copied):
    load = copied("moonshine-offline")
    model = onnx.load(load.files["uncached_decoder"])
    del model.graph.output[-1]
    onnx.save(model, load.files["uncached_decoder"])
    assert "hands on 1 states, cached_decoder takes 2" in refusal(load)


def test_a_paraformer_of_three_outputs_is_refused(copied):
    load = copied("paraformer-offline")
    model = onnx.load(load.files["model"])
    del model.graph.output[-1]
    onnx.save(model, load.files["model"])
    assert "a fourth would be read" in refusal(load)


def test_a_ctc_model_that_does_not_say_how_many_tokens_there_are_is_refused(copied):
    load = copied("zipformer-ctc-offline")
    model = onnx.load(load.files["offline"])
    del model.graph.output[0].type.tensor_type.shape.dim[2]
    onnx.save(model, load.files["offline"])
    assert "how many tokens" in refusal(load)


@pytest.mark.parametrize("name", MODELS)
def test_the_recognizer_says_so_and_the_daemon_lives(tmp_path, name):
    model = MODELS[name](tmp_path / "model")
    role = next(iter(form_of(loading.request(model)).graphs))
    onnx_model = onnx.load(model.files[role].path)
    del onnx_model.graph.output[:]
    onnx.save(onnx_model, model.files[role].path)
    with pytest.raises(ModelError, match="is `family` or the role right") as caught:
        ChildRecognizer(model, lambda reply: None)
    assert "\n" not in str(caught.value)


def test_a_model_that_passes_and_kills_the_process_all_the_same_is_one_sentence(tmp_path):
    """Its lengths are larger than what it puts out: sherpa-onnx reads beyond the end."""
    model = MODELS["transducer-offline"](tmp_path / "model")
    path = model.files["encoder"].path
    network = onnx.load(path)
    (lengths,) = [node for node in network.graph.node if node.op_type == "Div"]
    lengths.op_type = "Mul"
    (factor,) = [constant for constant in network.graph.initializer if constant.name == "four"]
    factor.CopyFrom(numpy_helper.from_array(np.array(1_000_000, np.int64), "four"))
    onnx.save(network, path)
    with pytest.raises(RecognizerDied, match="ended by SIGSEGV") as caught:
        ChildRecognizer(model, lambda reply: None)
    assert "\n" not in str(caught.value)

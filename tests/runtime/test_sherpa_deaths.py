"""What ends or hangs sherpa-onnx's process (2.0.1, tried case by case) costs edged one sentence.

`TABLE` has every case that is known, with the test that shows it or the reason why nobody can cause it.
Cases that a user can cause, by model folders, are played on a recognizer that runs: its process is ended, its
model is damaged before the next one loads, and mended after.
"""

import ast
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import edged
from edged.catalog.model_file import ModelFile
from edged.catalog.verify import sha256_of
from edged.catalog.write import model_toml
from edged.errors import AudioInputError, EdgedError, ModelError, RecognizerDied
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, Lost, Options, Restarted
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.test_families import MODELS
from tests.stages.recognize.test_process import Replies, kill_on_first_use

ROOT = Path(__file__).parents[2]
PCM = tiny_ctc.sound(1, 1.0)

PREFLIGHT = "tests/stages/recognize/test_preflight.py"
FAMILY = "tests/stages/recognize/test_family_damage.py"
PROCESS = "tests/stages/recognize/test_process.py"
BACKLOG = "tests/stages/recognize/test_backlog.py"
DECODERS = "tests/stages/recognize/test_decoders.py"
ACCELERATED = "tests/stages/recognize/test_accelerated.py"
HERE = "tests/runtime/test_sherpa_deaths.py"
LIVES = f"{HERE}::test_a_running_recognizer_outlives"


@dataclass(frozen=True)
class Row:
    """One known case."""

    case: str
    shown: tuple[str, ...] = ()
    """Tests, FILE::NAME."""
    never: str = ""
    """Why it cannot be caused."""
    words: tuple[str, ...] = ()
    """Names that the case needs, and nothing in edged says."""


TABLE = (
    Row(
        "tokens file missing, empty, a folder, without a blank",
        (LIVES, f"{PREFLIGHT}::test_a_damaged_tokens_file_is_one_sentence_with_its_file"),
    ),
    Row(
        "tokens line malformed",
        (LIVES, f"{PREFLIGHT}::test_a_damaged_tokens_file_is_one_sentence_with_its_file"),
    ),
    Row(
        "no model file given",
        (
            f"{HERE}::test_a_model_without_one_of_its_files_is_refused",
            f"{PREFLIGHT}::test_what_would_end_or_hang_sherpa_is_refused_before",
        ),
    ),
    Row(
        "a good ONNX file of another family: a metadata key is missing",
        (
            LIVES,
            f"{FAMILY}::test_models_of_other_families_are_refused",
            f"{FAMILY}::test_each_metadata_key_that_is_missing_or_wrong_is_named",
        ),
    ),
    Row(
        "a streaming transducer without model_type",
        (LIVES, f"{FAMILY}::test_each_metadata_key_that_is_missing_or_wrong_is_named"),
    ),
    Row(
        "keyword spotter, speaker extractor, denoiser with a foreign file",
        never="edged uses none of them",
        words=("KeywordSpotter", "SpeakerEmbeddingExtractor", "OfflineSpeechDenoiser"),
    ),
    Row(
        "decoding_method wrong for the family, or misspelt",
        (
            f"{HERE}::test_a_word_in_the_configuration_is_refused_before_anything_runs",
            f"{FAMILY}::test_words_that_end_the_process_are_refused_for_every_family",
        ),
    ),
    Row("ctc_graph missing or garbage", never="no key names one", words=("ctc_graph",)),
    Row("rule_fars garbage; lodr_fst missing", never="no key names one", words=("rule_fars", "lodr_fst")),
    Row(
        "hotwords file missing, modeling_unit misspelt, bpe_vocab missing",
        (f"{HERE}::test_a_word_in_the_configuration_is_refused_before_anything_runs",),
    ),
    Row(
        "max_active_paths below 1, or so many that it hangs",
        never="no key names it",
        words=("max_active_paths",),
    ),
    Row("hotwords for a CTC model", (f"{HERE}::test_hotwords_of_an_utterance_end_no_process",)),
    Row(
        "provider rknn, qnn, trt, cpu: and other names",
        (
            f"{FAMILY}::test_words_that_end_the_process_are_refused_for_every_family",
            f"{ACCELERATED}::test_a_process_that_is_asked_for_an_npu_it_has_not_refuses_before_it_dies",
        ),
    ),
    Row("feature_dim 0", never="each family has its own", words=("feature_dim",)),
    Row(
        "sample rate 0 or 1 (which hangs), or another within one stream",
        (
            f"{HERE}::test_a_sample_rate_that_is_none_is_refused",
            f"{PREFLIGHT}::test_what_would_end_or_hang_sherpa_is_refused_before",
        ),
    ),
    Row(
        "decode_stream before there is enough sound",
        (
            f"{DECODERS}::test_how_the_sound_is_cut_does_not_matter",
            f"{DECODERS}::test_too_short_an_utterance_is_padded_and_answered",
        ),
    ),
    Row("decode_streams of none", never="utterances are decoded one by one", words=("decode_streams",)),
    Row(
        "VAD: pop of nothing, another sample rate, a foreign model; an empty CircularBuffer",
        never="edged's VAD does not come from sherpa-onnx",
        words=("VoiceActivityDetector", "VadModelConfig", "CircularBuffer"),
    ),
    Row(
        "one online stream in several threads",
        never="one thread of the process works: tests/stages/recognize/test_child.py",
    ),
    Row(
        "a model that loads and dies on first use",
        (
            LIVES,
            f"{PROCESS}::test_a_model_that_kills_on_first_use_is_found_before_it_serves",
            f"{FAMILY}::test_a_model_that_passes_and_kills_the_process_all_the_same_is_one_sentence",
        ),
    ),
    Row(
        "a decode that never ends",
        (
            f"{HERE}::test_a_model_that_hangs_at_some_sound_is_ended_and_only_that_sound_is_lost",
            f"{PROCESS}::test_a_process_that_hangs_is_ended_and_the_text_comes",
        ),
    ),
    Row(
        "sound that is none: NaN, infinite, empty, too short, too loud",
        (f"{HERE}::test_sound_that_is_none_costs_no_process",),
    ),
    Row(
        "any other signal or exit status",
        (
            f"{PROCESS}::test_a_process_that_dies_in_mid_utterance_costs_no_word",
            f"{PROCESS}::test_a_poisonous_utterance_is_lost_and_an_innocent_older_one_is_not",
            f"{BACKLOG}::test_the_second_death_is_charged_to_the_utterance_that_was_worked_on_and_to_no_other",
        ),
    ),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.case)
def test_every_case_is_shown_or_cannot_be_caused(row):
    assert bool(row.shown) != bool(row.never)
    for each in row.shown:
        file, test = each.split("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_nothing_in_edged_says_what_only_ends_the_process():
    words = {word for row in TABLE for word in row.words}
    for file in (ROOT / "edged").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            said = {getattr(node, field, None) for field in ("id", "attr", "arg", "name")}
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(node.value)
            assert not {each for each in said if isinstance(each, str)} & words, (file, node.lineno)


# --- by model folders, on a recognizer that runs ---


def written(model, name: str, folder: Path):
    """Put a model into a models folder, as an import would."""
    files = {
        role: ModelFile(file.path, sha256_of(file.path), file.path.stat().st_size)
        for role, file in model.files.items()
    }
    model = replace(model, name=name, files=files)
    (folder / name / "model.toml").write_text(model_toml(model), encoding="utf-8")
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A models folder with a tiny model of each family."""
    folder = tmp_path_factory.mktemp("models")
    for name, make in MODELS.items():
        written(make(folder / name), name, folder)
    return folder


@pytest.fixture(scope="module")
def engines(folder):
    opened = {}

    def engine(name):
        if name not in opened:
            opened[name] = edged.Engine(models__dir=str(folder), recognize__model=name)
            opened[name].setup()
        return opened[name]

    yield engine
    for each in opened.values():
        each.close()


def process_of(engine) -> int:
    return engine._open[1]._recognizer.pid


def without_key(key):
    def spoil(path):
        model = onnx.load(path)
        assert any(entry.key == key for entry in model.metadata_props)
        helper.set_model_props(model, {e.key: e.value for e in model.metadata_props if e.key != key})
        onnx.save(model, path)

    return spoil


def another_family(path):
    shutil.copy(path.parents[1] / "whisper-offline" / "encoder.onnx", path)


def as_folder(path):
    path.unlink()
    path.mkdir()


def beyond_its_end(path):
    """Lengths larger than what it puts out: sherpa-onnx reads beyond it."""
    network = onnx.load(path)
    (lengths,) = [node for node in network.graph.node if node.op_type == "Div"]
    lengths.op_type = "Mul"
    (factor,) = [constant for constant in network.graph.initializer if constant.name == "four"]
    factor.CopyFrom(numpy_helper.from_array(np.array(1_000_000, np.int64), "four"))
    onnx.save(network, path)


Spoil = Callable[[Path], object]
TOKENS: dict[str, tuple[Spoil, str]] = {
    "tokens missing": (lambda path: path.unlink(), "no such file"),
    "tokens empty": (lambda path: path.write_bytes(b""), "is empty"),
    "tokens a folder": (as_folder, "is not a file"),
    "tokens without blank": (lambda path: path.write_text("a 0\nb 1\n"), "no blank"),
    "tokens malformed": (lambda path: path.write_text("<blk> 0\na one\n"), "is not `UNIT ID`"),
}
DAMAGE: dict[str, tuple[str, str, Spoil, str]] = {
    **{case: ("nemo-ctc-offline", "tokens", spoil, said) for case, (spoil, said) in TOKENS.items()},
    "model missing": ("nemo-ctc-offline", "offline", lambda path: path.unlink(), "no such file"),
    "model empty": ("nemo-ctc-offline", "offline", lambda path: path.write_bytes(b""), "is empty"),
    "online nemo without a key": (
        "nemo-ctc-streaming",
        "streaming",
        without_key("window_size"),
        "window_size",
    ),
    "offline nemo without a key": ("nemo-ctc-offline", "offline", without_key("vocab_size"), "vocab_size"),
    "transducer without model_type": (
        "transducer-streaming",
        "encoder",
        without_key("model_type"),
        "model_type",
    ),
    "sense voice without a key": ("sense-voice-offline", "model", without_key("with_itn"), "with_itn"),
    "paraformer without a key": ("paraformer-offline", "model", without_key("neg_mean"), "neg_mean"),
    "whisper without a key": ("whisper-offline", "encoder", without_key("n_mels"), "n_mels"),
    "zipformer of another family": ("zipformer-ctc-streaming", "streaming", another_family, "family"),
    "sense voice of another family": ("sense-voice-offline", "model", another_family, "family"),
    "transducer of another family": ("transducer-offline", "encoder", another_family, "family"),
    "dies on first use, streaming": ("nemo-ctc-streaming", "streaming", kill_on_first_use, "SIGSEGV"),
    "dies on first use, offline": ("nemo-ctc-offline", "offline", kill_on_first_use, "SIGSEGV"),
    "reads beyond its end": ("transducer-offline", "encoder", beyond_its_end, "SIGSEGV"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_running_recognizer_outlives(engines, folder, case):
    name, role, spoil, said = DAMAGE[case]
    engine = engines(name)
    text = engine.transcribe(PCM).text
    path = engine._open[0].files[role].path
    good = path.read_bytes()
    try:
        spoil(path)
        os.kill(process_of(engine), signal.SIGKILL)
        with pytest.raises(RecognizerDied) as caught:
            engine.transcribe(PCM)
    finally:
        if path.is_dir():
            path.rmdir()
        path.write_bytes(good)
    sentence = str(caught.value)
    assert said in sentence
    assert "\n" not in sentence
    assert [body.NAME for body in engine._said] == ["listening", "endpoint", "lost"]  # one event
    assert engine.transcribe(PCM).text == text


def test_a_model_without_one_of_its_files_is_refused(folder, tmp_path):
    home = Path(shutil.copytree(folder / "whisper-offline", tmp_path / "whisper-offline"))
    sheet = (home / "model.toml").read_text()
    begin, end = (
        sheet.index('[files."decoder"]'),
        sheet.index("[files.", sheet.index('[files."decoder"]') + 1),
    )
    (home / "model.toml").write_text(sheet[:begin] + sheet[end:])
    with (
        pytest.raises(ModelError, match="no file of role 'decoder'"),
        edged.Engine(models__dir=str(tmp_path), recognize__model="whisper-offline"),
    ):
        pass


@pytest.mark.parametrize("rate", [0, 1, 7999, 44_100, -1])
def test_a_sample_rate_that_is_none_is_refused(folder, tmp_path, rate):
    home = Path(shutil.copytree(folder / "nemo-ctc-offline", tmp_path / "nemo-ctc-offline"))
    sheet = (home / "model.toml").read_text()
    (home / "model.toml").write_text(sheet.replace("sample_rate = 16000", f"sample_rate = {rate}"))
    with (
        pytest.raises(ModelError, match="sample_rate") as caught,
        edged.Engine(models__dir=str(tmp_path), recognize__model="nemo-ctc-offline"),
    ):
        pass
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("decoding", "gready_search"),
        ("provider", "rknn"),
        ("modeling_unit", "bpee"),
        ("threads", 0),
        ("threads", 64),
        ("hotwords_file", "/nowhere/hotwords.txt"),
    ],
)
def test_a_word_in_the_configuration_is_refused_before_anything_runs(folder, key, value):
    with pytest.raises(EdgedError) as caught:
        edged.Engine(
            models__dir=str(folder), recognize__model="transducer-streaming", **{f"recognize__{key}": value}
        ).setup()
    assert key in str(caught.value) or str(value) in str(caught.value)


def test_hotwords_of_an_utterance_end_no_process(folder, engines):
    from edged.stages.recognize.recognizer import Hotword

    recognizer = engines("nemo-ctc-streaming")
    before = process_of(recognizer)
    replies = Replies()
    model = recognizer._open[0]
    other = ChildRecognizer(model, replies)
    try:
        other.start(
            1, Options(hotwords=(Hotword("kitchen", 20.0), Hotword("", None), Hotword("a/b :x", 1e9)))
        )
        other.accept(1, PCM)
        other.finish(1)
        assert replies.next(Final, Lost).utterance == 1
        assert replies.of(Restarted) == []
    finally:
        other.close()
    assert process_of(recognizer) == before


def test_sound_that_is_none_costs_no_process(engines):
    for name in ("nemo-ctc-streaming", "nemo-ctc-offline", "whisper-offline", "sense-voice-offline"):
        engine = engines(name)
        text, process = engine.transcribe(PCM).text, process_of(engine)
        for bad in (np.full(8000, np.nan), np.full(8000, np.inf), np.zeros(31 * 16_000, np.int16), PCM[:0]):
            with pytest.raises(AudioInputError):
                engine.transcribe(bad)
        for odd in (PCM[:1], PCM[:399], np.zeros(16_000, np.int16), np.full(16_000, 1e30)):
            engine.transcribe(odd)
        engine.transcribe(np.tile(np.array([-32768, 32767], np.int16), 16_000))
        assert engine.transcribe(PCM).text == text
        assert process_of(engine) == process


FRAMES = 150
"""Of features, above which `hanging` never ends: one and a half seconds with what is appended."""


def hanging(folder: Path):
    """A model with a loop that ends at once, but for long sound."""
    model = tiny_ctc.make(folder)
    path = model.files["offline"].path
    proto = onnx.load(path)
    graph = proto.graph
    scalar = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, []) for name in ("carried", "carried_out")
    ]
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["going_out"]),
            helper.make_node("Add", ["carried", "nothing"], ["carried_out"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            scalar[0],
        ],
        [helper.make_tensor_value_info("going_out", TensorProto.BOOL, []), scalar[1]],
    )
    (softmax,) = (node for node in graph.node if node.op_type == "LogSoftmax")
    graph.node.remove(softmax)
    graph.node.extend(
        [
            helper.make_node("ReduceMax", ["length"], ["longest"], keepdims=0),
            helper.make_node("Greater", ["longest", "limit"], ["long"]),
            helper.make_node("Where", ["long", "ever", "once"], ["turns"]),
            helper.make_node("Loop", ["turns", "", "nothing"], ["added"], body=body),
            helper.make_node("Add", ["y", "added"], ["z"]),
            helper.make_node("LogSoftmax", ["z"], ["logprobs"], axis=-1),
        ]
    )
    values = {"limit": FRAMES, "ever": 2**62, "once": 1}
    graph.initializer.extend(
        numpy_helper.from_array(np.array(value, np.int64), name) for name, value in values.items()
    )
    graph.initializer.append(numpy_helper.from_array(np.array(0, np.float32), "nothing"))
    onnx.save(proto, path)
    return model


def test_a_model_that_hangs_at_some_sound_is_ended_and_only_that_sound_is_lost(tmp_path):
    replies = Replies()
    recognizer = ChildRecognizer(hanging(tmp_path), replies, "offline", beat_limit_s=0.3)
    try:
        recognizer.start(1, Options())  # innocent, and open all the time
        recognizer.accept(1, PCM[:8000])
        recognizer.start(2, Options())
        recognizer.accept(2, tiny_ctc.sound(2, 1.2))
        recognizer.finish(2)
        assert "hung" in replies.next(Restarted).reason
        lost = replies.next(Lost)
        assert (lost.utterance, lost.code) == (2, "died")
        recognizer.finish(1)
        assert replies.next(Final).utterance == 1
        recognizer.start(3, Options())
        recognizer.accept(3, PCM[:8000])
        recognizer.finish(3)
        assert replies.next(Final).utterance == 3
    finally:
        recognizer.close()

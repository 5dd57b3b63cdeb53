"""What was compiled for the NPU is found and used, by the configuration and the head's own bytes."""

import json
from pathlib import Path

import numpy as np
import pytest

from edged.backends.cpu.heads import HeadModel, OnNpu
from edged.backends.opencl.designs import Choice
from edged.backends.opencl.features import OpenClFeatures
from edged.backends.opencl.opening import open_features
from edged.backends.openers import OPENERS, FeatureModels, Opener, Openers
from edged.config.load import load
from edged.config.schema import Heads, Word
from edged.errors import ConfigError, ProviderUnavailable
from edged.geometry import HOP
from edged.messages import Ran
from edged.runtime.compiled import too_low, with_npu
from edged.runtime.kit import open_kit
from edged.runtime.scorer import Scorer
from tests import pocl
from tests.backends.rknn.artifacts import compiled, head
from tests.backends.rknn.conftest import lite
from tests.daemon import install, write_config
from tests.machines import machine
from tests.sounds import chirps

__all__ = ["lite"]


@pytest.fixture
def folder(tmp_path):
    compiled(tmp_path / "models" / "rknn-rk3588", ("alexa",))
    return tmp_path / "models"


def ask(folder: Path, *names: str, **asked):
    heads = tuple(head(name) for name in names or ("alexa",))
    words = asked.pop("word", tuple(Word(name=each.name) for each in heads))
    return with_npu(heads, {each.name: each.name for each in heads}, Heads(word=words, **asked), folder)


def test_a_head_is_found_by_its_bytes_whatever_it_is_called(folder):
    renamed = HeadModel("computer", head("alexa").path)
    (found,) = with_npu((renamed,), {"computer": "computer"}, Heads(word=(Word(name="computer"),)), folder)
    assert found.npu == OnNpu((folder / "rknn-rk3588/model.toml",), 0)
    assert found.files == (head("alexa").path, folder / "rknn-rk3588/model.toml")


def test_a_head_that_nothing_was_compiled_of_stays_on_the_cpu_beside_it(folder):
    assert [each.npu is not None for each in ask(folder, "alexa", "hey_jarvis")] == [True, False]


@pytest.mark.parametrize("asked", [{"backend": "cpu"}, {"order": ("cpu",)}])
def test_nothing_is_looked_for_where_the_npu_is_not_wanted(folder, asked):
    assert ask(folder, **asked)[0].npu is None


@pytest.mark.parametrize("low", [{"threshold": 0.09}, {"rearm_below": 0.09}])
def test_a_word_that_counts_at_very_low_scores_stays_on_the_cpu(folder, low):
    assert ask(folder, word=(Word(name="alexa", **low),))[0].npu is None
    assert ask(folder, word=(Word(name="alexa", **dict.fromkeys(low, 0.1)),))[0].npu is not None
    assert ask(folder, word=(Word(name="alexa"),), **low)[0].npu is None


def test_a_compiled_model_that_cannot_be_read_is_told_and_left_out(folder, caplog):
    (folder / "broken").mkdir()
    (folder / "broken/model.toml").write_text('kind = "compiled"\n')
    assert ask(folder)[0].npu is not None
    assert "broken/model.toml: not used for the NPU: " in caplog.text


@pytest.fixture
def board(tmp_path, lite, monkeypatch):
    """A board with an NPU, models for it, and a cache of its own; returns what writes a configuration."""
    models = tmp_path / "models"
    for name in ("melspectrogram", "embedding", "alexa", "hey_jarvis", "silero_vad"):
        install(models, name)
    compiled(models / "rknn-rk3588", ("alexa",))
    monkeypatch.setenv("EDGED_SYSROOT", str(machine(tmp_path / "machine", "rock-5b", "v61")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))

    def config(toml: str):
        words = '[[heads.word]]\nname = "alexa"\n'
        more = "[recognize]\nenabled = false\n" + toml + words
        return load(write_config(tmp_path / "edged.toml", models, more), environ={}).config

    return config


def test_the_core_of_the_configuration_is_the_one_that_runs(board, lite, tmp_path):
    kit = open_kit(board('[heads]\nbackend = "rknn"\nnpu_core = 1\n'))
    assert kit.scorers.ran.heads == "rknn"
    assert kit.scorers.heads.device == "npu core 1"
    with pytest.raises(ConfigError, match="too low for the NPU"):
        kit.wakes_of(Heads(word=(Word(name="alexa", threshold=0.01),)))
    assert lite.OPENED == [2]
    kit.close()
    # the child that tried it was asked about the same core, and what it said is kept for these very files
    (said,) = json.loads((tmp_path / "cache/trials.json").read_text()).values()
    assert (said["error"], said["device"]) == ("", "npu core 1")


def test_features_on_the_gpu_and_heads_on_the_npu_score_as_the_processor_does(board):
    def scored(toml: str, openers: Openers = OPENERS) -> tuple[Ran, np.ndarray]:
        kit = open_kit(board(toml), openers)
        scorers = kit.scorers
        rows = Scorer(scorers.features, scorers.heads, scorers.before).run(chirps(40), feed=HOP)
        ran = scorers.ran
        kit.close()
        return ran, rows

    pocl.device()

    def on_gpu(models: FeatureModels) -> OpenClFeatures:
        return open_features(models, Choice("pair", 4, "device"))

    hybrid = Openers({**OPENERS.features, "opencl": Opener(on_gpu)}, OPENERS.heads)
    named = '[features]\nbackend = "opencl"\ndevice = "PoCL"\n[heads]\nbackend = "rknn"\n'
    ran, mine = scored(named, hybrid)
    on_cpu, expected = scored("")
    assert (ran, on_cpu) == (Ran("opencl", "rknn"), Ran("cpu", "cpu"))
    assert np.abs(mine - expected).max() <= 0.05
    assert np.array_equal(mine >= 0.5, expected >= 0.5)


def test_rules_too_low_for_the_npu_are_refused_while_it_may_serve(folder):
    asked = {"word": (Word(name="alexa", threshold=0.09), Word(name="hey_jarvis", threshold=0.09))}
    too_low(Heads(**asked), {"computer"})
    too_low(Heads(word=(Word(name="alexa", threshold=0.1),)), {"alexa"})
    with pytest.raises(
        ConfigError, match=r"alexa: a threshold or rearm_below under 0\.1 is too low for the NPU"
    ):
        too_low(Heads(**asked), {"alexa"})


def test_a_library_that_aborts_is_a_sentence_before_anything_is_heard(board, monkeypatch):

    monkeypatch.setenv("EDGED_DOUBLE_RKNN", "abort=run")
    with pytest.raises(
        ProviderUnavailable, match=r"rknn: \[heads\]: the process that tries it is ended by SIGABRT"
    ):
        open_kit(board('[heads]\nbackend = "rknn"\n'))


def test_heads_with_and_without_a_graph_are_named_where_all_must_have_one(board):

    both = '[heads]\nbackend = "rknn"\n[[heads.word]]\nname = "hey_jarvis"\n'
    with pytest.raises(ProviderUnavailable, match="no compiled graph holds hey_jarvis: edged models convert"):
        open_kit(board(both))

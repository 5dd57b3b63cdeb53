"""The recognizers that a configuration asks for, opened as the daemon opens them."""

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

import edged
from edged.catalog.model_file import ModelFile
from edged.config.load import load
from edged.config.schema import Recognize
from edged.errors import ConfigError, ModelError, ProviderUnavailable
from edged.runtime.kit import open_kit
from edged.runtime.recognizers import StandIns, hottest, open_recognizers, proven
from edged.stages.recognize.chained import ChainedRecognizer
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Options, Switched
from tests.daemon import DEMO, ONE_FILE_MODELS, ROOT, TEXT, install, write_config
from tests.machines import put
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.test_process import Replies
from tests.stages.recognize.wyoming_server import Server

COMMAND = 61_722
"""Sample of the demo recording at which the command begins; scripts/make-demo-recording prints it."""


@pytest.fixture(scope="module")
def command():
    return soundfile.read(DEMO, dtype="int16")[0][COMMAND:]


def own(folder: Path, name: str, languages: str = '["en"]') -> Path:
    """The self-test recognizer under another name."""
    home = Path(shutil.copytree(ROOT / "models" / "selftest", folder / name))
    lines = (home / "model.toml").read_text().splitlines()
    said = [f"languages = {languages}" if line.startswith("languages") else line for line in lines]
    (home / "model.toml").write_text("\n".join(said).replace('name = "selftest"', f'name = "{name}"') + "\n")
    return home


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "models"
    for name in ONE_FILE_MODELS:
        install(folder, name)
    return folder


def config_of(tmp_path, folder, toml):
    return load(write_config(tmp_path / "edged.toml", folder, toml), environ={}).config


@pytest.mark.parametrize("key", ["smaller", "accelerated"])
def test_a_stand_in_of_another_language_is_refused_before_anything_runs(tmp_path, folder, key):
    own(folder, "german", '["de"]')
    with pytest.raises(ConfigError, match=rf"{key} = 'german': speaks de, and selftest also en"):
        open_kit(config_of(tmp_path, folder, f'[recognize]\n{key} = "german"\n'))


def test_a_stand_in_that_is_not_there_is_refused_at_the_start(tmp_path, folder):
    with pytest.raises(ModelError, match="nowhere"):
        open_kit(config_of(tmp_path, folder, '[recognize]\nsmaller = "nowhere"\n'))


def test_a_server_that_cannot_be_one_is_refused_at_the_start(tmp_path, folder):
    with pytest.raises(ConfigError, match="allowed: wyoming:tcp://HOST:PORT"):
        open_kit(config_of(tmp_path, folder, '[recognize]\nremote = "wyoming:tcp://attic"\n'))


def test_a_model_that_names_no_language_can_have_no_remote_stand_in(tmp_path, folder):
    own(folder, "mute", "[]")
    with pytest.raises(ConfigError, match="remote: mute does not say"):
        open_kit(config_of(tmp_path, folder, '[recognize]\nmodel = "mute"\nremote = "wyoming:tcp://a:1"\n'))


def test_without_stand_ins_there_is_one_process_and_no_chain(tmp_path):
    model = tiny_ctc.make(tmp_path)
    recognizer = open_recognizers(model, StandIns(), Recognize(), lambda reply: None)
    assert isinstance(recognizer, ChildRecognizer)
    recognizer.close()


def test_a_remote_server_answers_what_no_model_of_this_board_can_and_the_result_says_so(
    tmp_path, folder, command
):
    home = own(folder, "fading")
    server = Server()
    settings = {"models__dir": str(folder), "recognize__model": "fading", "recognize__remote": server.uri}
    try:
        with edged.Engine(**settings) as engine:
            here = engine.transcribe(command)
            assert (here.text, here.metrics.backend, here.metrics.model) == (TEXT, "cpu", "fading")
            pid = child_of(engine)
            shutil.rmtree(home)
            os.kill(pid, signal.SIGKILL)
            there = engine.transcribe(command)
    finally:
        server.close()
    assert there.text.startswith(f"heard {len(command)} samples")
    assert (there.metrics.backend, there.metrics.model) == ("wyoming", "base")
    assert there.metrics.device == server.uri.removeprefix("wyoming:tcp://")
    assert server.asked == [{"name": "base", "language": "en"}]


def child_of(engine) -> int:
    """The process of the usual recognizer."""
    return engine._open[1]._recognizer._ladder.rungs[0].recognizer.pid


def test_a_board_that_is_too_hot_is_answered_by_the_smaller_model(tmp_path, folder, monkeypatch, command):
    own(folder, "small")
    root = tmp_path / "board"
    put(root, "/sys/class/thermal/thermal_zone0/type", "soc-thermal\n")
    put(root, "/sys/class/thermal/thermal_zone0/temp", "91000\n")
    monkeypatch.setenv("EDGED_SYSROOT", str(root))
    assert hottest() == 91.0
    settings = {"recognize__smaller": "small", "recognize__smaller_above_c": 80.0}
    with edged.Engine(models__dir=str(folder), **settings) as engine:
        results = [engine.transcribe(command)]
        while results[-1].metrics.model != "small" and len(results) < 200:
            results.append(engine.transcribe(command))  # it loads meanwhile
    assert {result.text for result in results} == {TEXT}
    assert results[-1].metrics.model == "small"


def test_a_model_for_the_npu_is_not_tried_on_a_sherpa_onnx_without_one(tmp_path, command):
    replies = Replies()
    model = tiny_ctc.make(tmp_path / "usual")
    npu = replace(tiny_ctc.make(tmp_path / "npu"), name="compiled")
    recognizer = open_recognizers(model, StandIns(accelerated=npu), Recognize(npu_core="2"), replies)
    try:
        assert isinstance(recognizer, ChainedRecognizer)
        recognizer.start(1, Options())
        recognizer.accept(1, command)
        recognizer.finish(1)
        switched = replies.next(Switched)
        assert (switched.from_, switched.to, switched.worse) == ("rknn", "cpu", True)
        assert "is not built for RKNN" in switched.reason
        assert recognizer.drain(30)
        (final,) = [reply for reply in replies.all if hasattr(reply, "transcript")]
        assert (final.ran.model, final.ran.provider) == ("tiny", "cpu")
    finally:
        recognizer.close()


def test_a_recognizer_is_trusted_once_it_understood_its_known_recording(tmp_path, command):
    soundfile.write(tmp_path / "probe.wav", command, 16_000)
    tiny = tiny_ctc.make(tmp_path / "tiny")
    facts = replace(tiny.recognizer, probe_text="Turn on the light!")
    probe = ModelFile(tmp_path / "probe.wav", None, None)
    model = replace(tiny, recognizer=facts, files={**tiny.files, "probe": probe})
    heard, made = [], []

    def start(text):
        def make(on_reply):
            made.append(FakeRecognizer(on_reply, (text,)))
            return made[-1]

        return make

    recognizer = proven(model, start("turn on the light"), heard.append)
    assert sum(map(len, made[0].heard[0])) == len(command)
    assert heard == []  # of what only proves it
    recognizer.start(1, Options())
    recognizer.finish(1)
    assert [reply.utterance for reply in heard] == [1, 1]
    with pytest.raises(ProviderUnavailable, match="understands 'turn of the light'"):
        proven(model, start("turn of the light"), heard.append)

"""With the self-test model that ships with edged: real words, through the process and back."""

import tomllib
from pathlib import Path

import pytest
import soundfile

from edged.catalog.manifest import Model, RecognizerFacts
from edged.catalog.model_file import ModelFile
from edged.geometry import HOP
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, Options

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "models" / "selftest"
DEMO = ROOT / "demo" / "hey-jarvis-turn-on-the-kitchen-light.wav"
COMMAND = 61_722
"""Sample of the demo recording at which the command begins; scripts/make-demo-recording prints it."""

pytestmark = pytest.mark.skipif(
    not (FOLDER.exists() and DEMO.exists()), reason="the self-test model or the demo recording is absent"
)


@pytest.fixture(scope="module")
def model():
    manifest = tomllib.loads((FOLDER / "model.toml").read_text())
    facts = manifest["recognizer"]
    return Model(
        name=manifest["name"],
        kind="recognizer",
        folder=FOLDER,
        files={
            role: ModelFile(FOLDER / entry["path"], entry["sha256"], entry["bytes"])
            for role, entry in manifest["files"].items()
        },
        licence=manifest["licence"],
        source=manifest["source"],
        languages=tuple(manifest["languages"]),
        recognizer=RecognizerFacts(
            facts["family"],
            tuple(facts["modes"]),
            min_audio_s=facts["min_audio_s"],
            tail_padding_s=facts["tail_padding_s"],
            self_test=facts["self_test"],
        ),
    )


@pytest.mark.parametrize("mode", ["streaming", "offline"])
def test_the_command_of_the_demo_is_understood_with_its_words_in_time(model, mode):
    pcm, _ = soundfile.read(DEMO, dtype="int16", start=COMMAND)
    replies = []
    recognizer = ChildRecognizer(model, replies.append, mode)
    try:
        assert recognizer.capabilities.self_test
        recognizer.start(1, Options())
        for at in range(0, len(pcm), HOP):
            recognizer.accept(1, pcm[at : at + HOP])
        recognizer.finish(1)
        assert recognizer.drain(60)
    finally:
        recognizer.close()
    (final,) = [reply for reply in replies if isinstance(reply, Final)]
    assert final.transcript.text == "turn on the kitchen light"
    assert [word.text for word in final.transcript.words] == ["turn", "on", "the", "kitchen", "light"]
    assert final.transcript.words[-1].end < 2.5  # speech; three seconds of noise follow
    assert (len(replies) > 1) == (mode == "streaming")


@pytest.mark.parametrize("mode", ["streaming", "offline"])
def test_an_utterance_without_sound_has_no_words(model, mode):
    replies = []
    recognizer = ChildRecognizer(model, replies.append, mode)
    recognizer.start(1, Options())
    recognizer.finish(1)
    assert recognizer.drain(60)
    recognizer.close()
    assert [reply.transcript.text for reply in replies] == [""]

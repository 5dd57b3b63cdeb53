from pathlib import Path

import pytest

from edged.catalog.known import known
from edged.catalog.licence import non_commercial
from edged.catalog.manifest import ModelFile
from edged.catalog.verify import verify
from tests.assets import asset

HEADS = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "timer", "weather")
REAL = {
    "melspectrogram": "wake/features/melspectrogram.onnx",
    "embedding": "wake/features/embedding_model.onnx",
    "silero_vad": "vad/silero_vad_16k_op15.onnx",
    **{name: f"wake/heads/{name}_v0.1.onnx" for name in HEADS},
}


def test_the_catalog_holds_the_wake_path():
    assert set(known()) == set(REAL)
    assert {name for name, entry in known().items() if entry.sheet.kind == "head"} == set(HEADS)


@pytest.mark.parametrize("name", REAL)
def test_size_and_sha256_are_those_of_the_real_file(name):
    model = known()[name].model(Path("/nowhere"))
    promised = model.files["model"]
    path = asset(REAL[name])
    verify(
        type(model)(
            name, model.kind, path.parent, {"model": ModelFile(path, promised.sha256, promised.size)}, "", ""
        )
    )


@pytest.mark.parametrize("name", HEADS)
def test_heads_are_non_commercial_and_say_who_made_them(name):
    sheet = known()[name].sheet
    assert sheet.licence == "CC-BY-NC-SA-4.0"
    assert non_commercial(sheet.licence)
    assert "David Scripka" in sheet.attribution
    assert sheet.languages == ("en",)


def test_labels_of_the_timer_are_openwakewords_class_map():
    openwakeword = pytest.importorskip("openwakeword")
    labels = known()["timer"].sheet.labels
    classes = openwakeword.model_class_mappings["timer"]
    assert {str(n): label for n, label in enumerate(labels) if n > 0} == classes
    assert labels[0] == "none"


def test_the_voice_activity_model_is_free():
    assert known()["silero_vad"].sheet.licence == "MIT"

from pathlib import Path

import pytest

from edged.catalog.known import Release, known, read_catalog
from edged.catalog.licence import non_commercial
from edged.catalog.model_file import ModelFile
from edged.catalog.verify import verify
from tests.assets import asset

HEADS = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "timer", "weather")
REAL = {
    "melspectrogram": "wake/features/melspectrogram.onnx",
    "embedding": "wake/features/embedding_model.onnx",
    "silero_vad": "vad/silero_vad_16k_op15.onnx",
    **{name: f"wake/heads/{name}_v0.1.onnx" for name in HEADS},
}


UNVERIFIED = {
    "zipformer-en-20m": "recognizer",
    "zipformer-zh-en": "recognizer",
    "sense-voice": "recognizer",
    "paraformer-zh-small": "recognizer",
    "paraformer-zh": "recognizer",
    "moonshine-tiny-en": "recognizer",
    "parakeet-v3": "recognizer",
    "parakeet-110m-en": "recognizer",
    "keywords-en": "keywords",
    "punctuation-zh-en": "punctuation",
    "itn-zh-numbers": "itn",
    "gtcrn": "denoise",
}
"""Models nobody of us had in hands, with their kind."""


def test_the_catalog_holds_the_wake_path_and_what_comes_after_it():
    assert set(known()) == {*REAL, *UNVERIFIED}
    assert {name: known()[name].sheet.kind for name in UNVERIFIED} == UNVERIFIED
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


def test_what_nobody_verified_has_no_sha256_and_says_so():
    unverified = {name for name, entry in known().items() if entry.model(Path("/x")).unverified}
    assert unverified == set(UNVERIFIED)


@pytest.mark.parametrize("name", UNVERIFIED)
def test_a_released_model_names_its_makers_its_size_and_its_board(name):
    entry = known()[name]
    assert entry.sheet.attribution
    assert "k2-fsa (sherpa-onnx)" in entry.sheet.attribution
    assert entry.sheet.suits
    assert entry.sheet.languages or entry.sheet.kind == "denoise"
    assert entry.bytes > 50_000
    assert all(file.limit > file.about_bytes for file in entry.sheet.files.values())
    assert entry.sheet.kind != "recognizer" or "tokens" in entry.sheet.files


def test_an_archive_unpacks_to_no_less_than_what_is_taken_out_of_it():
    for entry in known().values():
        if isinstance(entry.origin, Release) and entry.origin.archive:
            assert entry.origin.unpacked_bytes >= entry.bytes, entry.sheet.name
            assert entry.origin.archive.startswith(entry.origin.name)


RELEASE = """
[[release]]
name = "r"
files = ["https://example.org/"]
[[model]]
name = "m"
kind = "vad"
release = "r"
licence = "MIT"
[model.files.model]
member = "m.onnx"
about_bytes = 5
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("about_bytes = 5", ""), "either sha256 and bytes, or about_bytes"),
        (("about_bytes = 5", "bytes = 5"), "either sha256 and bytes, or about_bytes"),
        (("about_bytes = 5", f'about_bytes = 5\nsha256 = "{"0" * 64}"\nbytes = 5'), "either sha256"),
        (('files = ["https://example.org/"]', ""), "no address"),
        (('name = "r"', 'name = "r"\narchive = "r.zip"'), "an archive without one"),
        (('"https://example.org/"', '"https://me:pw@example.org/"'), "match pattern"),
        (('"m.onnx"', '"../m.onnx"'), "inside the model's folder"),
        (('release = "r"', ""), "either a wheel or a release"),
        (('release = "r"', 'release = "q"'), "'q'"),
    ],
)
def test_a_catalog_that_promises_nothing_is_refused(change, said):
    assert read_catalog(RELEASE.encode())["m"].bytes == 5
    with pytest.raises((KeyError, ValueError), match=said):
        read_catalog(RELEASE.replace(*change).encode())


def test_a_name_is_in_the_catalog_once():
    with pytest.raises(ValueError, match="m: twice"):
        read_catalog(RELEASE.encode(), RELEASE.encode())

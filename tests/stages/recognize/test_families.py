"""Each family through the recognizer's process: it loads, says what it can, and decodes."""

import dataclasses
import queue
import tomllib
from importlib import resources

import pytest

from edged.geometry import HOP
from edged.stages.recognize import loading
from edged.stages.recognize.decoders import open_decoder
from edged.stages.recognize.families import FAMILIES
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, Lost, Options, Partial
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.tiny import moonshine, paraformer, sense_voice, transducer, whisper, zipformer_ctc

PCM = tiny_ctc.sound(1, 2.4)


def offline_only(model):
    """A manifest whose model can decode only at the end."""
    return dataclasses.replace(model, recognizer=dataclasses.replace(model.recognizer, modes=("offline",)))


MODELS = {
    "transducer-streaming": lambda folder: transducer.make(folder, "streaming"),
    "transducer-streaming-zipformer": lambda folder: transducer.make(folder, "streaming", "zipformer"),
    "transducer-streaming-lstm": lambda folder: transducer.make(folder, "streaming", "lstm"),
    "transducer-streaming-conformer": lambda folder: transducer.make(folder, "streaming", "conformer"),
    "transducer-offline": lambda folder: transducer.make(folder, "offline"),
    "nemo-ctc-streaming": tiny_ctc.make,
    "nemo-ctc-offline": lambda folder: offline_only(tiny_ctc.make(folder)),
    "zipformer-ctc-streaming": lambda folder: zipformer_ctc.make(folder, "streaming"),
    "zipformer-ctc-offline": lambda folder: zipformer_ctc.make(folder, "offline"),
    "paraformer-streaming": lambda folder: paraformer.make(folder, "streaming"),
    "paraformer-offline": lambda folder: paraformer.make(folder, "offline"),
    "paraformer-offline-untimed": lambda folder: paraformer.make(folder, "offline", timed=False),
    "sense-voice-offline": sense_voice.make,
    "whisper-offline": whisper.make,
    "whisper-offline-timed": lambda folder: whisper.make(folder, timed=True, units=whisper.WHOLE),
    "moonshine-offline": moonshine.make,
}
UNTIMED = {"paraformer-streaming", "paraformer-offline-untimed", "whisper-offline", "moonshine-offline"}
"""Families whose models give no times: no words, rather than made-up ones."""


CATALOG = tomllib.loads(
    resources.files("edged.catalog").joinpath("makers", "sherpa-onnx.toml").read_text(encoding="utf-8")
)


def test_every_family_and_mode_has_its_tiny_model():
    forms = {f"{family}-{mode}" for family, modes in FAMILIES.items() for mode in modes}
    assert forms <= set(MODELS)


@pytest.mark.parametrize(
    "entry",
    [entry for entry in CATALOG["model"] if entry.get("recognizer", {}).get("family") in FAMILIES],
    ids=lambda entry: entry["name"],
)
def test_models_of_the_catalog_have_the_roles_of_their_family(entry):
    for mode in entry["recognizer"]["modes"]:
        assert {*FAMILIES[entry["recognizer"]["family"]][mode].graphs, "tokens"} <= set(entry["files"])


def decode(recognizer, replies, utterance, pcm):
    recognizer.start(utterance, Options())
    for at in range(0, len(pcm), HOP):
        recognizer.accept(utterance, pcm[at : at + HOP])
    recognizer.finish(utterance)
    heard = []
    while not heard or not isinstance(heard[-1], Final | Lost):
        heard.append(replies.get(timeout=60))
    return heard


@pytest.mark.parametrize("name", MODELS)
def test_a_family_loads_says_what_it_can_and_decodes(tmp_path, name):
    model = MODELS[name](tmp_path / "model")
    replies = queue.Queue()
    recognizer = ChildRecognizer(model, replies.put)
    try:
        can = recognizer.capabilities
        heard = [decode(recognizer, replies, utterance, PCM) for utterance in (1, 2)]
        other = decode(recognizer, replies, 3, tiny_ctc.sound(2, 2.4))
    finally:
        recognizer.close()
    assert can.family == model.recognizer.family
    assert can.mode == model.recognizer.modes[0]
    assert can.words == (name not in UNTIMED)
    first, second = (replies[-1].transcript for replies in heard)
    assert first == second, "something of the first utterance was heard in the second"
    assert first.text
    assert first.text != other[-1].transcript.text
    said = [*heard[0], *heard[1], *other]  # a partial that the final overtakes is not told
    assert any(isinstance(reply, Partial) for reply in said) == (can.mode == "streaming")
    if not can.words:
        assert first.words == ()
        return
    assert "".join(word.text for word in first.words) == first.text.replace(" ", "")
    times = [time for word in first.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert 2.0 < times[-1] <= 2.4


@pytest.mark.parametrize(("languages", "says_off"), [(("en",), False), (("zh",), True), (("zh", "en"), True)])
def test_sense_voice_is_told_the_only_language_of_its_manifest(tmp_path, languages, says_off):
    decoder = open_decoder(loading.request(sense_voice.make(tmp_path / "model", languages=languages)))
    session = decoder.open(Options())
    session.accept(PCM)
    text = session.finish().text
    assert ("off" in text) == says_off
    assert "<|" not in text


@pytest.mark.parametrize("languages", [("en",), ("de",), ("en", "de"), ()])
def test_whisper_takes_one_language_or_finds_it_out(tmp_path, languages):
    decoder = open_decoder(loading.request(whisper.make(tmp_path / "model", languages=languages)))
    session = decoder.open(Options())
    session.accept(PCM)
    assert session.finish().text


def test_a_letter_in_two_tokens_of_whisper_costs_the_words_and_not_the_text(tmp_path):
    decoder = open_decoder(loading.request(whisper.make(tmp_path / "model", timed=True)))
    session = decoder.open(Options())
    session.accept(tiny_ctc.sound(1, 3.0))
    transcript = session.finish()
    assert transcript.text
    assert transcript.words == ()

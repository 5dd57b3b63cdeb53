"""The keys of [recognize] that decide over texts, from the file to the text, with real models."""

import logging

import pytest

import edged
from edged.config.schema import Recognize
from edged.runtime.models import ModelsInUse
from edged.runtime.writing import writing
from tests.daemon import ROOT, models
from tests.runtime.test_every_key import Desk, of
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.tiny import punctuation, rules, sense_voice, transducer, whisper
from tests.stages.recognize.tiny.shelf import shelved

__all__ = ["models"]

PCM = tiny_ctc.sound(1, 2.4)


def result(folder, audio=PCM, asked=None, **keys):
    """What an engine with the recognizer in `folder` and these keys of [recognize] makes of a recording."""
    settings = {
        f"recognize__{key}": str(value) if hasattr(value, "parent") else value for key, value in keys.items()
    }
    with edged.Engine(ROOT / "demo" / "edged.toml", recognize__model=str(folder), **settings) as engine:
        return engine.transcribe(audio, **asked or {})


@pytest.fixture(scope="module")
def spelled(tmp_path_factory):
    return shelved(transducer.make(tmp_path_factory.mktemp("spelled"), "streaming", modeling_unit="bpe"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return shelved(transducer.make(tmp_path_factory.mktemp("plain"), "offline"))


def test_hotwords_of_the_file_are_heard_and_bad_lines_named(spelled, tmp_path, caplog):
    file = tmp_path / "hotwords.txt"
    file.write_bytes("\ufeffred light 60\r\nkitchen\r\n30\r\n".encode())
    caplog.set_level(logging.INFO, "edged.runtime.writing")
    heard = result(spelled, hotwords_file=file)
    assert "red light" not in result(spelled).text
    assert "red light" in heard.text
    assert heard.notes == ()
    assert f"{file}: line 3: no phrase before the weight" in caplog.text
    assert "'red light' 4.5 (weight 60), 'kitchen' 1.5" in caplog.text


def test_hotwords_that_cannot_be_read_are_an_error_of_the_configuration(spelled, tmp_path):
    with pytest.raises(edged.ConfigError, match=r"hotwords_file: .*absent: no such file"):
        result(spelled, hotwords_file=tmp_path / "absent")
    (tmp_path / "large").write_bytes(b"\n" * ((1 << 20) + 1))
    with pytest.raises(edged.ConfigError, match="longer than 1 MB"):
        result(spelled, hotwords_file=tmp_path / "large")


def test_hotwords_of_one_recording_need_the_search_that_can(spelled):
    asked = {"hotwords": '{"red light": "60"}'}
    greedy = result(spelled, asked=asked)
    assert "red light" not in greedy.text
    assert greedy.notes[0].startswith("hotwords are ignored: it decodes by greedy_search")
    beam = result(spelled, asked=asked, decoding="modified_beam_search")
    assert "red light" in beam.text
    assert beam.notes == ()
    assert "is not JSON" in result(spelled, asked={"hotwords": "{"}).notes[0]


def test_the_language_is_the_configured_one_unless_another_is_asked_for(tmp_path):
    folder = shelved(whisper.make(tmp_path / "whisper", languages=("en", "de")))
    english, german = (result(folder, language=language).text for language in ("en", "de-DE"))
    assert english != german
    assert result(folder, language="en", asked={"language": "de"}).text == german
    with pytest.raises(edged.ModelError, match=r"\[recognize\] language: tiny-whisper speaks en, de, not fr"):
        result(folder, language="fr")
    with pytest.raises(edged.ModelError, match="tiny-whisper speaks en, de, not fr"):
        result(folder, asked={"language": "fr"})


def test_numbers_are_written_by_the_named_rules_unless_that_is_not_asked_for(plain, tmp_path):
    itn = shelved(rules.make(tmp_path / "itn", {"light": "2"}))
    spoken = result(plain)
    written = result(plain, itn=itn)
    assert "light" in spoken.text
    assert written.text == spoken.text.replace("light", "2")
    assert [word.start for word in written.words] == [word.start for word in spoken.words]
    assert result(plain, itn=itn, asked={"itn": False}).text == spoken.text


def test_the_recognizers_own_way_with_numbers_is_taken_where_that_is_asked_for(tmp_path):
    folder = shelved(sense_voice.make(tmp_path / "sense-voice"))
    own = result(folder, itn="own").text
    assert own != result(folder).text
    assert own == result(folder, asked={"itn": True}).text


def test_punctuation_is_added_by_the_named_model_unless_that_is_not_asked_for(plain, tmp_path):
    marks = shelved(punctuation.make(tmp_path / "punctuation"))
    shown = result(plain, punctuation=marks)
    assert "light," in shown.text
    assert " ".join(word.text for word in shown.words) == shown.text
    assert result(plain, punctuation=marks, asked={"punctuate": False}).text == result(plain).text


def test_text_without_its_models_comes_as_it_was_spoken_and_says_why(plain):
    heard = result(plain, itn="itn-zh-numbers", punctuation="punctuation-zh-en")
    assert heard.text == result(plain).text
    assert heard.notes[0].startswith("[recognize] itn: model 'itn-zh-numbers' is not installed")
    assert heard.notes[1].startswith("[recognize] punctuation: model 'punctuation-zh-en' is not installed")


def test_text_of_little_confidence_is_withheld_where_that_is_asked_for(plain):
    usual = result(plain)
    assert 0 < usual.confidence < 1
    assert result(plain, min_confidence=round(usual.confidence - 0.05, 2)).text == usual.text
    withheld = result(plain, min_confidence=round(usual.confidence + 0.05, 2))
    assert (withheld.text, withheld.confidence) == ("", usual.confidence)
    assert "is below min_confidence" in withheld.notes[0]


def test_text_that_nobody_can_have_said_is_withheld_where_that_is_asked_for(plain):
    assert result(plain, filter=False).text
    withheld = result(plain, filter=True)
    assert withheld.text == ""
    assert withheld.notes[0].startswith("text withheld: ")


def test_a_model_of_another_kind_is_named(spelled, tmp_path):
    asked = Recognize(itn=str(spelled), punctuation=str(shelved(rules.make(tmp_path / "itn"))))
    found = writing(asked, ModelsInUse(None, None))
    assert (found.itn, found.punctuation) == (None, None)
    assert "is of kind recognizer, not itn" in found.no_itn
    assert "is of kind itn, not punctuation" in found.no_punctuation


def test_a_command_of_the_microphone_says_how_sure_it_is_and_what_was_not_done(
    models, tmp_path, plain, caplog
):
    told = Desk(models, tmp_path).hear(f'[recognize]\nmodel = "{plain}"\npunctuation = "nowhere"\n')
    (final,) = of(told, "final")
    assert 0 < final["confidence"] < 1
    assert all(0 < word["confidence"] <= 1 for word in final["words"])
    (note,) = final["notes"]
    assert note.startswith("[recognize] punctuation: ")
    assert sum(record.message == f"recognize: {note}" for record in caplog.records) == 1, "logged once"


def test_a_command_of_the_microphone_is_heard_recognized_and_punctuated(models, tmp_path, plain):
    marks = shelved(punctuation.make(tmp_path / "punctuation"))
    itn = shelved(rules.make(tmp_path / "itn", {"light": "2"}))
    desk = Desk(models, tmp_path)
    (bare,) = of(desk.hear(f'[recognize]\nmodel = "{plain}"\n'), "final")
    toml = f'[recognize]\nmodel = "{plain}"\npunctuation = "{marks}"\nitn = "{itn}"\n'
    told = desk.hear(toml)
    (final,) = of(told, "final")
    assert final["text"] != bare["text"]
    assert final["text"].endswith(".")
    letters = final["text"].replace(",", "").replace(".", "")
    assert letters == bare["text"].replace("light", "2")
    assert {model["kind"] for model in told[0]["models"]} >= {"vad", "recognizer", "itn", "punctuation"}
    assert " ".join(word["text"] for word in final["words"]) == final["text"]

"""What an utterance asks for, through real models of sherpa-onnx: done, or said not to be."""

import dataclasses

import pytest

from edged.errors import ModelError
from edged.stages.recognize import loading
from edged.stages.recognize.decoders import open_decoder
from edged.stages.recognize.loading import Writing
from edged.stages.recognize.recognizer import Hotword, Options
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.tiny import punctuation, rules, sense_voice, transducer, whisper, zipformer_ctc
from tests.stages.recognize.tiny.network import write_tokens

PCM = tiny_ctc.sound(1, 2.4)
RED_LIGHT = (Hotword("red light", 60),)


def open_model(model, **asked):
    return open_decoder(loading.request(model, writing=Writing(**asked)))


def transcript(decoder, pcm=PCM, **asked):
    session = decoder.open(Options(**asked))
    session.accept(pcm)
    return session.finish()


def spelled(folder, mode="streaming", unit="bpe"):
    """A transducer whose tokens hotwords can be spelled in."""
    return transducer.make(folder, mode, modeling_unit=unit)


@pytest.fixture(scope="module", params=["streaming", "offline"])
def beam(request, tmp_path_factory):
    model = spelled(tmp_path_factory.mktemp("beam"), request.param)
    return open_model(model, decoding="modified_beam_search")


# --- hotwords ---


def test_a_hotword_is_heard_where_it_was_not(beam):
    assert beam.capabilities.hotwords
    assert "red light" not in transcript(beam).text
    heard = transcript(beam, hotwords=RED_LIGHT)
    assert "red light" in heard.text
    assert heard.notes == ()
    assert "red light" not in transcript(beam).text, "hotwords of one utterance were kept for the next"


def test_the_weight_decides(beam):
    def texts(weight):
        hotwords = (Hotword("red light", weight), Hotword("kitchen", weight))
        return transcript(beam, hotwords=hotwords).text

    light, usual, heavy = (
        texts(weight).count("red light") + texts(weight).count("kitchen") for weight in (0.1, None, 900)
    )
    assert light <= usual <= heavy
    assert light < heavy


def test_a_phrase_that_cannot_be_spelled_is_named_and_the_rest_count(beam, capfd):
    heard = transcript(beam, hotwords=(*RED_LIGHT, Hotword("zebra"), Hotword("a/b"), Hotword("x :5")))
    assert "red light" in heard.text
    assert heard.notes == (
        "hotwords are ignored that the model's tokens cannot spell: 'zebra', 'a/b', 'x :5'",
    )
    assert "Cannot find ID" not in capfd.readouterr().err


MIXED = ["<blk>", "开", "灯", "厨", "房", "HELLO", "5", "▁RED", "▁LI", "GHT", "▁A", "S"]
"""As many as the tiny model has; which ones they are is no matter to it."""
PHRASES = [
    "开灯",
    "开 hello",
    "开hello灯",
    "5",
    "开5",
    "red light",
    "开 Red Light",
    "red灯",
    "as",
    "a s",
    "a-s",
]
PHRASES += ["hello5", "5hello", "55", "hello's", "厨房's", "REDs", "don't", "é", "aé", "ｆｕｌｌ"]


@pytest.mark.parametrize("mode", ["streaming", "offline"])
@pytest.mark.parametrize("unit", ["cjkchar", "bpe", "cjkchar+bpe"])
def test_what_counts_as_spelled_is_spelled_by_sherpa_onnx_as_well(tmp_path, capfd, mode, unit):
    model = spelled(tmp_path, mode, unit)
    write_tokens(tmp_path, MIXED)
    pieces = ["<unk>", "<s>", "</s>", *MIXED[7:]]
    vocabulary = "".join(f"{piece}\t{-index}\n" for index, piece in enumerate(pieces))
    (tmp_path / "bpe.vocab").write_text(vocabulary, encoding="utf-8")
    decoder = open_model(model, decoding="modified_beam_search")
    counted = [phrase for phrase in PHRASES if not transcript(decoder, hotwords=(Hotword(phrase),)).notes]
    assert counted
    said = capfd.readouterr().err
    assert "Cannot find ID" not in said
    assert "failed" not in said


def test_hotwords_of_the_configuration_count_for_all_and_those_of_the_client_win(tmp_path):
    decoder = open_model(spelled(tmp_path), hotwords=RED_LIGHT)
    assert "red light" in transcript(decoder).text
    heard = transcript(decoder, hotwords=(Hotword("Red Light", 0.1), Hotword("kitchen", 60)))
    assert "red light" not in heard.text
    assert "kitchen" in heard.text


def test_without_hotwords_the_search_stays_the_cheap_one(tmp_path):
    model = spelled(tmp_path)
    assert loading.request(model).decoding == "greedy_search"
    assert loading.request(model, writing=Writing(hotwords=RED_LIGHT)).decoding == "modified_beam_search"
    own = dataclasses.replace(model.recognizer, decoding="modified_beam_search")
    assert loading.request(dataclasses.replace(model, recognizer=own)).decoding == "modified_beam_search"
    said = Writing(hotwords=RED_LIGHT, decoding="greedy_search")
    assert loading.request(model, writing=said).decoding == "greedy_search"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (
            lambda folder: zipformer_ctc.make(folder, "streaming"),
            "family zipformer-ctc cannot prefer phrases",
        ),
        (lambda folder: zipformer_ctc.make(folder, "offline"), "family zipformer-ctc cannot prefer phrases"),
        (whisper.make, "family whisper cannot prefer phrases"),
        (spelled, "it decodes by greedy_search"),
        (lambda folder: transducer.make(folder, "offline"), "it decodes by greedy_search"),
    ],
)
def test_a_model_that_takes_none_says_so_and_lives(tmp_path, make, why):
    decoder = open_model(make(tmp_path / "model"))
    assert not decoder.capabilities.hotwords
    heard = transcript(decoder, hotwords=RED_LIGHT)
    assert heard.text == transcript(decoder).text != ""
    (note,) = heard.notes
    assert note.startswith("hotwords are ignored: ")
    assert why in note


def without_unit(model):
    return dataclasses.replace(model, recognizer=dataclasses.replace(model.recognizer, modeling_unit=""))


def without_vocabulary(model):
    files = {role: file for role, file in model.files.items() if role != "bpe_vocab"}
    return dataclasses.replace(model, files=files)


def with_vocabulary(text):
    def damaged(model):
        path = model.files["bpe_vocab"].path
        path.unlink()
        if text is not None:
            path.write_text(text, encoding="utf-8")
        return model

    return damaged


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (without_unit, "no modeling_unit"),
        (without_vocabulary, "needs a file of role 'bpe_vocab'"),
        (with_vocabulary("garbage"), "is not `PIECE<TAB>SCORE`"),
        (with_vocabulary("▁zebra\t0\n"), "is no token of the model"),
        (with_vocabulary(None), "cannot be read"),
    ],
)
def test_what_would_end_the_process_costs_the_hotwords_alone(tmp_path, damaged, why):
    model = damaged(spelled(tmp_path))
    decoder = open_model(model, hotwords=RED_LIGHT, decoding="modified_beam_search")
    heard = transcript(decoder)
    assert heard.text
    assert why in heard.notes[0]
    assert decoder.capabilities.notes == heard.notes


def test_a_search_that_the_family_does_not_know_is_a_sentence(tmp_path):
    model = zipformer_ctc.make(tmp_path, "streaming")
    with pytest.raises(ModelError, match="zipformer-ctc has greedy_search"):
        open_model(model, decoding="modified_beam_search")


# --- language ---


def test_whisper_is_told_the_language_of_each_utterance(tmp_path):
    decoder = open_model(whisper.make(tmp_path / "model", languages=("en", "de")), language="en")
    said = {language: transcript(decoder, language=language).text for language in ("", "en", "de", "en-GB")}
    assert said["en"] == said["en-GB"] == said[""]
    assert said["en"].startswith("off")
    assert not said["de"].startswith("off")
    assert transcript(decoder).text == said["en"], "the language of one utterance was kept for the next"


def test_sense_voice_is_told_the_language_of_each_utterance(tmp_path):
    decoder = open_model(sense_voice.make(tmp_path / "model"), language="zh")
    assert "off" in transcript(decoder).text
    english = transcript(decoder, language="en").text
    alone = open_model(sense_voice.make(tmp_path / "alone", languages=("en",)))
    assert "off" not in english
    assert english == transcript(alone).text, "its features are others than those of a model of its own"
    assert "off" in transcript(decoder, language="zh").text


def test_a_second_instance_is_there_only_while_it_is_asked_for(tmp_path):
    decoder = open_model(sense_voice.make(tmp_path / "model", languages=("zh", "en", "ja")), language="zh")
    variants = decoder.variants
    asked = {
        language: decoder.asking.asked(Options(language=language)) for language in ("", "zh", "en", "ja")
    }
    assert variants.of(asked[""]) is variants.of(asked["zh"])
    english = variants.of(asked["en"])
    assert english is not variants.of(asked["zh"])
    assert variants.of(asked["en"]) is english
    assert variants.of(asked["ja"]) is not english
    assert variants.of(asked["en"]) is not english, "three instances of one model"


def test_a_model_of_one_language_is_loaded_once_for_it(tmp_path):
    decoder = open_model(sense_voice.make(tmp_path / "model", languages=("en",)))
    variants = decoder.variants
    assert variants.of(decoder.asking.asked(Options(language="en"))) is variants.of(
        decoder.asking.asked(Options())
    )


@pytest.mark.parametrize(
    "make", [whisper.make, sense_voice.make, lambda folder: transducer.make(folder, "streaming")]
)
def test_a_language_that_is_not_spoken_is_refused_and_the_next_utterance_is_heard(tmp_path, make):
    decoder = open_model(make(tmp_path / "model"))
    with pytest.raises(ModelError, match=r"speaks .*en, not fr"):
        decoder.open(Options(language="fr"))
    assert transcript(decoder, language="en").text


def test_a_configured_language_that_is_not_spoken_is_refused_before_anything_is_loaded(tmp_path):
    model = whisper.make(tmp_path / "model")
    with pytest.raises(ModelError, match=r"\[recognize\] language: tiny-whisper speaks en, not fr"):
        loading.request(model, writing=Writing(language="fr"))


# --- numbers and punctuation ---

SAID = {"on": "1", "light": "2", "红": "3"}


@pytest.fixture(scope="module")
def writing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("writing")
    model = zipformer_ctc.make(folder / "model", "streaming")
    return open_model(
        model, itn=rules.make(folder / "itn", SAID), punctuation=punctuation.make(folder / "punctuation")
    )


@pytest.mark.parametrize("itn", [None, True, False])
@pytest.mark.parametrize("punctuate", [None, True, False])
def test_an_utterance_decides_over_numbers_and_punctuation(writing, itn, punctuate):
    plain = transcript(writing, itn=False, punctuate=False)
    shown = transcript(writing, itn=itn, punctuate=punctuate)
    rewritten = plain.text.replace("light", "2").replace("on", "1")
    assert "light" in plain.text
    assert shown.notes == ()
    without_marks = shown.text.replace(",", "").replace(".", "")
    assert without_marks == (plain.text if itn is False else rewritten)
    assert shown.text.endswith(".") == (punctuate is not False)


def test_words_keep_their_times_and_show_what_is_written(writing):
    plain, shown = transcript(writing, itn=False, punctuate=False), transcript(writing)
    assert len(shown.words) == len(plain.words)
    assert [(word.start, word.end) for word in shown.words] == [
        (word.start, word.end) for word in plain.words
    ]
    assert " ".join(word.text for word in shown.words) == shown.text
    assert "light" not in shown.text


def test_what_is_asked_for_and_not_there_is_said(tmp_path):
    decoder = open_model(zipformer_ctc.make(tmp_path, "offline"))
    assert not decoder.capabilities.itn
    assert not decoder.capabilities.punctuation
    assert transcript(decoder).notes == ()
    numbers, marks = transcript(decoder, itn=True, punctuate=True).notes
    assert "[recognize] itn names no rules" in numbers
    assert "[recognize] punctuation names no model" in marks


def test_a_missing_or_damaged_model_leaves_the_text_as_it_was_and_says_so(tmp_path):
    model = zipformer_ctc.make(tmp_path / "model", "streaming")
    itn, marks = rules.make(tmp_path / "itn"), punctuation.make(tmp_path / "punctuation")
    itn.files["model"].path.write_bytes(b"garbage")
    marks.files["model"].path.write_bytes(b"garbage")
    decoder = open_model(model, itn=itn, punctuation=marks)
    heard = transcript(decoder)
    assert heard.text == transcript(open_model(model)).text
    assert heard.notes == decoder.capabilities.notes
    assert "rules.fst: is no OpenFst file" in heard.notes[0]
    assert "is no ONNX model" in heard.notes[1]
    assert transcript(decoder, itn=False, punctuate=False).notes == ()


def test_sense_voice_writes_numbers_itself_where_it_is_asked_to(tmp_path):
    model = sense_voice.make(tmp_path / "model", languages=("zh", "en"))
    decoder = open_model(model)
    assert decoder.capabilities.itn
    plain = transcript(decoder)
    assert transcript(decoder, itn=True).text != plain.text
    always = open_model(model, own_itn=True)
    assert transcript(always).text == transcript(decoder, itn=True).text
    assert transcript(always, itn=False).text == plain.text


def test_a_family_without_a_way_of_its_own_says_so(tmp_path):
    decoder = open_model(zipformer_ctc.make(tmp_path, "streaming"), own_itn=True)
    assert "no way of their own with numbers" in decoder.capabilities.notes[0]


# --- confidence and doubt ---


@pytest.mark.parametrize("mode", ["streaming", "offline"])
def test_a_transducer_says_how_sure_it_is(tmp_path, mode):
    decoder = open_model(transducer.make(tmp_path, mode))
    heard = transcript(decoder)
    assert decoder.capabilities.confidence
    assert 0 < heard.confidence < 1
    assert all(0 < word.confidence <= 1 for word in heard.words)
    assert (
        min(w.confidence for w in heard.words) <= heard.confidence <= max(w.confidence for w in heard.words)
    )
    silence = transcript(decoder, tiny_ctc.sound(1, 0.2) // 1000)
    assert silence.confidence is None or silence.text


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: zipformer_ctc.make(folder, "streaming"),
        lambda folder: zipformer_ctc.make(folder, "offline"),
        sense_voice.make,
        lambda folder: whisper.make(folder, timed=True, units=whisper.WHOLE),
    ],
)
def test_a_model_that_does_not_know_is_not_made_to(tmp_path, make):
    decoder = open_model(make(tmp_path / "model"), min_confidence=0.9)
    heard = transcript(decoder)
    assert not decoder.capabilities.confidence
    assert heard.text
    assert heard.confidence is None
    assert all(word.confidence is None for word in heard.words)
    assert "min_confidence is ignored" in decoder.capabilities.notes[0]


def test_text_of_little_confidence_is_withheld_and_why(tmp_path):
    model = transducer.make(tmp_path, "streaming")
    sure = transcript(open_model(model)).confidence
    assert transcript(open_model(model, min_confidence=sure - 0.01)).text
    withheld = transcript(open_model(model, min_confidence=sure + 0.01))
    assert (withheld.text, withheld.words, withheld.confidence) == ("", (), sure)
    assert withheld.notes[0].startswith(f"text withheld: confidence {sure:.2f} is below min_confidence")


@pytest.mark.parametrize("mode", ["streaming", "offline"])
def test_text_that_nobody_can_have_said_is_withheld_only_where_that_is_asked_for(tmp_path, mode):
    model = zipformer_ctc.make(tmp_path, mode)
    assert transcript(open_model(model)).text, "off by default"
    withheld = transcript(open_model(model, filter=True))
    assert withheld.text == ""
    assert "words in 2.4 s" in withheld.notes[0]
    quiet = transcript(open_model(model, filter=True), PCM // 3000)
    assert quiet.text == ""
    assert all("louder than" in note for note in quiet.notes)

"""Where the files of one model do not fit, it is said before sherpa-onnx reads beyond one of them."""

import pytest

from edged.stages.recognize import agreement
from edged.stages.recognize.forms import Found, Seen


def seen(inputs=1, outputs=(), **metadata) -> Seen:
    return Seen(((),) * inputs, tuple(outputs), metadata)


def found(graphs, numbers=(), lists=(), languages=()) -> Found:
    return Found(graphs, dict(numbers), dict(lists), tuple(languages))


@pytest.mark.parametrize(
    ("columns", "said"), [(500, ""), (None, ""), (499, "the joiner has 499 outputs, the decoder says 500")]
)
def test_a_joiner_gives_as_many_outputs_as_the_decoder_has_tokens(columns, said):
    model = found({"joiner": seen(2, [(None, columns)])}, {"vocab_size": 500})
    assert agreement.joined(model) == said


@pytest.mark.parametrize(
    ("shape", "fits"), [((1, None, 500), True), ((1, None, None), False), ((None, 500), False)]
)
def test_a_vocabulary_that_is_read_from_the_output_stands_there(shape, fits):
    assert (agreement.columned(found({"model": seen(1, [shape])})) == "") is fits


@pytest.mark.parametrize(("states", "fits"), [(16, True), (15, False), (17, False)])
def test_each_layer_of_a_paraformer_carries_one_state(states, fits):
    decoder = seen(4 + states, ((),) * (2 + states))
    assert (agreement.cached(found({"decoder": decoder}, {"decoder_num_blocks": 16})) == "") is fits


@pytest.mark.parametrize(("outputs", "fits"), [(2, True), (3, False), (4, True)])
def test_times_come_with_a_fourth_output_or_not_at_all(outputs, fits):
    assert (agreement.peaked(found({"model": seen(2, ((),) * outputs)})) == "") is fits


@pytest.mark.parametrize(("language", "fits"), [("yue", True), ("fr", False)])
def test_a_language_that_sense_voice_does_not_know_is_named(language, fits):
    said = agreement.spoken(found({}, languages=[language]))
    assert (said == "") is fits
    assert fits or "'fr'" in said


@pytest.mark.parametrize(("takes", "gives", "fits"), [(8, 6, True), (7, 6, False), (8, 5, False)])
def test_what_one_decoder_hands_on_the_other_takes_and_gives(takes, gives, fits):
    graphs = {
        "uncached_decoder": seen(3, ((),) * 6),
        "cached_decoder": seen(takes, ((),) * gives),
    }
    assert (agreement.handed_on(found(graphs)) == "") is fits


NUMBERS = dict.fromkeys(agreement.WHISPER_TOKENS, 9) | {"n_vocab": 10, "is_multilingual": 1}
TOLD = {"all_language_codes": "en,de", "all_language_tokens": "7,8"}


def whisper(told=TOLD, sequence=(7, 8, 9), columns=10, languages=("de",), **numbers) -> str:
    graphs = {"encoder": seen(1, **told), "decoder": seen(6, [(1, 1, columns)])}
    return agreement.whispered(found(graphs, NUMBERS | numbers, {"sot_sequence": sequence}, languages))


def test_a_whisper_model_whose_numbers_fit_is_taken():
    assert whisper() == whisper(columns=None) == ""
    assert whisper(told={}, sequence=(9,), languages=("xx",), is_multilingual=0) == ""


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"eot": 10}, "token 10 of 10"),
        ({"sequence": (7, 8, 12)}, "token 12 of 10"),
        ({"columns": 11}, "11 outputs, the encoder says 10"),
        ({"sequence": (7,)}, "no place for a language"),
        ({"told": TOLD | {"all_language_tokens": "7"}}, "does not number the languages"),
        ({"told": TOLD | {"all_language_tokens": "7,10"}}, "does not number the languages"),
        ({"told": TOLD | {"all_language_tokens": "7,x"}}, "does not number the languages"),
        ({"languages": ("fr",)}, "language 'fr'"),
    ],
)
def test_a_whisper_model_that_would_be_read_beyond_its_end_is_refused(how, said):
    assert said in whisper(**how)

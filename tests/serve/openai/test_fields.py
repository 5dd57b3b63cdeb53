"""Every field of OpenAI's clients is obeyed or refused by its name."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from edged.serve.openai.fields import FORMS, BadField, asked

MODELS = ("selftest",)


@pytest.mark.parametrize("model", ["selftest", "whisper-1", "edged"])
def test_the_models_own_name_and_those_for_any_are_taken(model):
    assert asked({"model": [model]}, MODELS).form == "json"


def test_what_is_asked_is_understood():
    fields = {
        "model": ["whisper-1"],
        "response_format": ["verbose_json"],
        "timestamp_granularities[]": ["segment", "word"],
        "language": [" en "],
        "prompt": ["kitchen"],
        "stream": ["True"],
        "temperature": ["0.2"],
        "chunking_strategy": ["auto"],
        "include[]": ["logprobs"],
    }
    found = asked(fields, MODELS)
    assert (found.form, found.words, found.language, found.prompt, found.stream) == (
        "verbose_json",
        True,
        "en",
        "kitchen",
        True,
    )


@pytest.mark.parametrize(
    ("fields", "param", "sentence"),
    [
        ({}, "model", "must provide a model"),
        ({"model": ["gpt-4"]}, "model", "model 'gpt-4' is not here; there are: selftest, whisper-1"),
        ({"response_format": ["xml"]}, "response_format", "'xml' is none of json, text, srt"),
        (
            {"timestamp_granularities[]": ["word"]},
            "timestamp_granularities",
            "response_format verbose_json",
        ),
        (
            {"timestamp_granularities[]": ["letter"], "response_format": ["verbose_json"]},
            "timestamp_granularities",
            "'letter' is none of word, segment",
        ),
        ({"stream": ["perhaps"]}, "stream", "neither true nor false"),
        ({"prompt": ["x" * 20_000]}, "prompt", "20000 characters"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_by_its_name(fields, param, sentence):
    with pytest.raises(BadField) as refused:
        asked({"model": ["selftest"], **fields} if fields else {}, MODELS)
    assert refused.value.param == param
    assert sentence in str(refused.value)


names = st.sampled_from(["model", "response_format", "stream", "language", "timestamp_granularities[]", "x"])
values = st.one_of(st.sampled_from(["selftest", "true", "word", *FORMS]), st.text(max_size=30))


@given(st.dictionaries(names, st.lists(values, min_size=1, max_size=3)))
def test_whatever_a_form_says_it_is_obeyed_or_refused_in_words(fields):
    try:
        found = asked(fields, MODELS)
    except BadField as exc:
        assert str(exc)
        assert "\n" not in str(exc)
    else:
        assert found.form in FORMS

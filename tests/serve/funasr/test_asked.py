"""Whatever a client's text says is understood, or a sentence says what of it is not."""

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from edged.serve.funasr.asked import UNNAMED, Asked, BadMessage, read
from edged.stages.recognize.recognizer import Hotword


def said(**message: object):
    return read(json.dumps(message), Asked())


def test_a_new_round_remembers_what_was_said_before():
    first = said(mode="2pass", wav_name="one", audio_fs=8000, hotwords={"edged": 20}, itn=False).asked
    second = read(json.dumps({"wav_name": "two", "is_speaking": True}), first).asked
    assert (second.mode, second.name, second.rate, second.itn) == ("2pass", "two", 8000, False)
    assert [word.phrase for word in second.hotwords] == ["edged"]
    assert second.options.partials


@pytest.mark.parametrize(
    ("message", "over", "end"),
    [
        ({"is_speaking": False}, True, False),
        ({"is_finished": True}, True, False),
        ({"is_speaking": False, "is_end": True}, True, True),
        ({"is_speaking": True, "is_end": True}, False, False),
        ({}, False, False),
        ({"is_speaking": "false"}, False, False),
    ],
)
def test_the_end_of_a_round_is_told_in_several_ways(message, over, end):
    found = said(**message)
    assert (found.over, found.end) == (over, end)


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"mode": "3pass"}, "unsupported mode: '3pass'"),
        ({"audio_fs": "fast"}, "audio_fs: 'fast' is no number"),
    ],
)
def test_what_cannot_be_obeyed_is_told_and_the_rest_is(message, problem):
    found = said(wav_name="one", **message).asked
    assert found.name == "one"
    assert found.problems[0].startswith(problem)


@pytest.mark.parametrize(
    "hotwords",
    ['{"edged": 20}', {"edged": "20"}, "edged", ["edged"]],
    ids=["text", "strings", "word", "list"],
)
def test_hotwords_come_in_every_form(hotwords):
    assert [word.phrase for word in said(hotwords=hotwords).asked.hotwords] == ["edged"]
    assert said(hotwords="").asked.hotwords == ()


def test_a_form_is_compared_without_its_case():
    assert said(wav_format="PCM").asked.form == "pcm"
    assert said(wav_name="").asked.name == UNNAMED
    assert said(svs_lang="auto").asked.language == ""
    assert said(svs_lang="zh").asked.language == "zh"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KEYS = "mode wav_name wav_format audio_fs hotwords itn svs_lang svs_itn is_speaking is_finished is_end x"


@given(st.dictionaries(st.sampled_from(KEYS.split()), json_values))
def test_no_object_is_too_strange(message):
    found = read(json.dumps(message), Asked()).asked
    assert found.mode in ("offline", "online", "2pass")
    assert isinstance(found.rate, int)
    assert all(isinstance(word, Hotword) for word in found.hotwords)


@given(st.text(max_size=60) | st.sampled_from(["[]", "1", "null", '"x"', "[" * 5000]))
def test_what_is_no_object_is_said_to_be_none(text):
    try:
        assert isinstance(json.loads(text), dict)
    except (ValueError, AssertionError, RecursionError):
        with pytest.raises(BadMessage):
            read(text, Asked())

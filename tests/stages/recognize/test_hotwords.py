import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.recognize.hotwords import LEAST, MOST, MOST_PHRASES, merge, parse, parse_file, score
from edged.stages.recognize.recognizer import Hotword

PHRASES = st.text(st.characters(whitelist_categories=("Ll", "Lo")), min_size=1, max_size=12).filter(
    lambda text: not text.startswith("#")
)
WEIGHTS = st.floats(0.1, 1000) | st.integers(1, 1000)

FILE = "\ufeff阿里巴巴 20\r\nkitchen light 30\r\n\r\n# rooms\r\nhall\r\n通义\t15\r\nred lamp :3\r\n".encode()


@pytest.mark.parametrize("line", ["a b\t20", "a\tb 20", "a b\u300020", "  a   b   20 "])
def test_any_space_parts_a_phrase_and_its_weight(line):
    assert parse_file(line.encode()).hotwords == (Hotword("a b", 20),)


def test_a_file_has_phrases_with_spaces_and_their_weight_last():
    parsed = parse_file(FILE)
    assert parsed.problems == ()
    assert parsed.hotwords == (
        Hotword("阿里巴巴", 20),
        Hotword("kitchen light", 30),
        Hotword("hall"),
        Hotword("通义", 15),
        Hotword("red lamp", 40),
    )
    assert score(parsed.hotwords[-1].weight) == 3, "what sherpa-onnx calls a score comes out as one"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"30", "no phrase before the weight"),
        (b"hall 0", "weight '0'"),
        (b"hall -3", "weight '-3'"),
        (b"hall 1e9", "weight '1e9'"),
        (b"hall :loud", "':loud' is no score"),
        (b"\xff\xfe", "not UTF-8"),
        (b"x" * 61, "longer than 60 letters"),
        (b"ha\x07ll", "cannot be printed"),
    ],
)
def test_a_bad_line_is_named_by_its_number_and_costs_itself_alone(line, problem):
    parsed = parse_file(b"hall\n" + line + b"\nlamp 9\n")
    assert parsed.hotwords == (Hotword("hall"), Hotword("lamp", 9))
    (said,) = parsed.problems
    assert said.startswith("line 2: ")
    assert problem in said


LIGHT = (Hotword("阿里巴巴", 20), Hotword("kitchen light", 100))


@pytest.mark.parametrize(
    ("value", "hotwords"),
    [
        ('{"阿里巴巴":20,"kitchen light":100}', LIGHT),
        ('{"阿里巴巴":"20","kitchen light":"100"}', LIGHT),
        ({"阿里巴巴": 20, "kitchen light": "100"}, LIGHT),
        ("阿里巴巴, kitchen light", (Hotword("阿里巴巴"), Hotword("kitchen light"))),
        ("阿里巴巴，通义、灯", (Hotword("阿里巴巴"), Hotword("通义"), Hotword("灯"))),
        ("阿里巴巴 kitchen", (Hotword("阿里巴巴"), Hotword("kitchen"))),
        ("阿里巴巴 20 kitchen 100", (Hotword("阿里巴巴", 20), Hotword("kitchen", 100))),
        ("阿里巴巴 20\nkitchen light 100", LIGHT),
        ('["阿里巴巴", "kitchen light"]', (Hotword("阿里巴巴"), Hotword("kitchen light"))),
        (["hall"], (Hotword("hall"),)),
        ({"hall": None}, (Hotword("hall"),)),
        ({}, ()),
        ("", ()),
        (None, ()),
    ],
)
def test_every_form_that_clients_send_is_understood(value, hotwords):
    assert parse(value).hotwords == hotwords
    assert parse(value).problems == ()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ('{"hall": 20', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("\ud800", "cannot be printed"),
        ("\ud800\n#", "not UTF-8"),
        ('{"\\ud800": 3}', "cannot be printed"),
        (7, "is no list of phrases"),
        (b"hall", "is no list of phrases"),
        ({"hall": [1]}, "weight"),
        ({"hall": True}, "weight"),
        ({"hall": "NaN"}, "weight"),
        ({"": 3}, "no phrase"),
        ([3], "3 is no phrase"),
    ],
)
def test_what_is_none_is_said(value, problem):
    parsed = parse(value)
    assert parsed.hotwords == ()
    (said,) = parsed.problems
    assert problem in said


def test_a_list_has_a_bound_and_says_so():
    parsed = parse([f"word{n}" for n in range(MOST_PHRASES + 1)])
    assert len(parsed.hotwords) == MOST_PHRASES
    assert "the first 500" in parsed.problems[0]


@given(st.dictionaries(PHRASES, WEIGHTS, max_size=6))
def test_an_object_its_text_and_a_file_say_the_same(weights):
    lines = "".join(f"{phrase} {weight}\n" for phrase, weight in weights.items())
    wanted = tuple(Hotword(" ".join(phrase.split()), weight) for phrase, weight in weights.items())
    assert parse(weights).hotwords == wanted
    assert parse(json.dumps(weights)).hotwords == wanted
    assert parse_file(lines.encode()).hotwords == wanted


@given(
    st.text(max_size=60) | st.recursive(st.none() | st.floats() | st.text(max_size=5), st.lists, max_leaves=6)
)
def test_anything_is_phrases_or_a_sentence(value):
    parsed = parse(value)
    assert all(hotword.phrase for hotword in parsed.hotwords)
    assert all(isinstance(problem, str) for problem in parsed.problems)


@given(st.binary(max_size=80))
def test_any_bytes_are_phrases_or_a_sentence(raw):
    parsed = parse_file(raw)
    assert all(hotword.phrase.isprintable() for hotword in parsed.hotwords)


@given(WEIGHTS, WEIGHTS)
def test_a_larger_weight_is_never_a_smaller_score(one, other):
    low, high = sorted((one, other))
    assert LEAST <= score(low) <= score(high) <= MOST


def test_the_usual_weight_is_the_usual_score():
    assert score(20) == score(None) == 1.5
    assert (score(1), score(500)) == (LEAST, MOST)


def test_what_the_client_says_of_a_phrase_wins():
    usual = (Hotword("Hall", 20), Hotword("lamp", 9))
    assert merge(usual, (Hotword("hall", 50), Hotword("door"))) == (
        Hotword("hall", 50),
        Hotword("lamp", 9),
        Hotword("door"),
    )

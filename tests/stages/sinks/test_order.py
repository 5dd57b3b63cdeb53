"""Orders from outside: understood, or answered by a sentence, whatever comes."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.sinks.lines import Lines, TooLong
from edged.stages.sinks.order import LONGEST, NAMES, Answer, Order, understood

MALFORMED = 95_000
"""With those that go through a real socket, 100 000: tests/stages/sinks/test_unix_socket.py."""


@pytest.mark.parametrize(
    ("line", "order"),
    [
        (b'{"command": "mute"}', Order("mute")),
        (b'{"id": "a", "command": "status"}\r', Order("status", "a")),
        (b'{"command": "trigger", "id": 7}', Order("trigger", 7)),
        (b'{"command": "subscribe", "scores": true}', Order("subscribe", None, scores=True)),
        (b'{"command": "subscribe"}', Order("subscribe")),
        (b" unmute ", Order("unmute")),
    ],
)
def test_an_order_is_an_object_or_a_bare_name(line, order):
    assert understood(line) == order


@pytest.mark.parametrize(
    ("line", "to", "given", "sentence"),
    [
        (b'{"command": "mut", "id": 1}', None, 1, "command: unknown; did you mean 'mute'?"),
        (b'{"command": "sing"}', None, None, "command: unknown; must be one of status, mute, unmute"),
        (b'{"id": "x"}', None, "x", "command: missing; must be one of status"),
        (b'{"command": 3}', None, None, "command: missing; must be one of"),
        (b'{"command": "mute", "id": 1.5}', None, None, "id: must be a text or a whole number"),
        (b'{"command": "mute", "id": true}', None, None, "id: must be a text or a whole number"),
        (b'{"command": "mute", "id": "%s"}' % (b"x" * 200), None, None, "id: must have at most 128"),
        (b'{"command": "subscribe", "scores": 1}', "subscribe", None, "scores: must be true or false"),
        (b'{"command": "mute", "scores": true}', "mute", None, "scores: unknown key; `mute` knows command"),
        (b"[1]", None, None, "not a JSON object such as"),
        (b"mute now", None, None, "not a JSON object such as"),
        (b"[" * 4000, None, None, "not a JSON object such as"),
        (b"\xff\xfe", None, None, "not UTF-8 text"),
    ],
)
def test_what_is_no_order_is_answered_by_a_sentence_that_names_the_way_out(line, to, given, sentence):
    answer = understood(line)
    assert isinstance(answer, Answer)
    assert (answer.to, answer.id) == (to, given)
    assert answer.error.startswith(sentence)
    said = json.loads(answer.line)
    assert (said["reply"], said["ok"], said["id"]) == (to, False, given)


def test_an_answer_is_one_line_also_where_an_id_holds_half_a_character():
    order = understood(b'{"command": "mute", "id": "\\ud800\\n"}')
    line = Answer(order.name, order.id).line
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"reply": "mute", "id": "\ud800\n", "ok": True, "error": None}


def malformed(dice: random.Random) -> bytes:
    """Half a good order, or bytes, or JSON of the wrong form."""
    good = json.dumps({"command": dice.choice(NAMES), "id": dice.choice([1, "x", None])}).encode()
    match dice.randrange(5):
        case 0:
            return dice.randbytes(dice.randrange(80))
        case 1:
            at = dice.randrange(len(good))
            return good[:at] + dice.randbytes(dice.randrange(1, 4)) + good[at + 1 :]
        case 2:
            return good[: dice.randrange(len(good))]
        case 3:
            return dice.choice([b"[", b'{"command":', b'{"a":', b'"', b"-", b"1e"]) * dice.randrange(1, 1500)
        case _:
            wrong = dice.choice([None, 7, 1e308, [], {}, "mute\0", "\ud800", True])
            key = dice.choice(["command", "id", "scores", "", "x" * 500])
            return json.dumps({"command": "mute", key: wrong}).encode()


def test_malformed_orders_are_answered_and_nothing_else():
    dice = random.Random(8)
    lines = Lines(LONGEST)
    answered = 0
    for _ in range(MALFORMED):
        for line in lines.push(malformed(dice) + b"\n"):
            found = Answer(None) if isinstance(line, TooLong) else understood(line)
            assert isinstance(found, Order | Answer)
            answered += 1
            if isinstance(found, Answer):
                assert found.line.count(b"\n") == 1
    assert answered >= MALFORMED


@given(st.lists(st.binary(max_size=40)), st.integers(1, 20))
def test_lines_are_the_same_however_they_are_cut_and_never_longer_than_may_be(pieces, longest):
    whole = b"".join(pieces)
    expected = [TooLong() if len(line) > longest else line for line in whole.split(b"\n")]
    unfinished = expected.pop()
    lines = Lines(longest)
    found = [line for piece in pieces for line in lines.push(piece)]
    if isinstance(unfinished, TooLong):
        assert found == [*expected, unfinished]
    else:
        assert (found, lines.rest()) == (expected, unfinished)

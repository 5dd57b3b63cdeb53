"""What a server says is told as it is, whatever it is, and not more often than others can bear."""

import json

import jsonschema
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event

from edged import messages
from edged.serve.wyoming.satellite.told import KINDS, LONGEST_TEXT, Measure, told

VALIDATOR = jsonschema.Draft202012Validator(messages.json_schema())
STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
KEYS = ["text", "id", "name", "total_seconds", "is_active"]


@given(st.sampled_from([*KINDS, "detect", "x"]), st.dictionaries(st.sampled_from(KEYS), STRANGE))
def test_whatever_is_said_is_an_event_that_can_be_written(kind, data):
    body = told(Event(kind, data))
    if kind not in KINDS:
        assert body is None
        return
    assert body.what == KINDS[kind]
    line = messages.to_json(messages.Event("mic", None, 0, "2026-01-01T00:00:00.000Z", body))
    VALIDATOR.validate(json.loads(json.dumps(line, ensure_ascii=False).encode()))


def test_a_text_is_told_as_it_is_up_to_a_length():
    assert told(Event("transcript", {"text": "licht an"})).text == "licht an"
    assert told(Event("transcript", {"text": "x" * 10_000})).text == "x" * LONGEST_TEXT


@given(st.integers(1, 5), st.lists(st.floats(0, 0.6), max_size=50))
def test_in_no_second_more_goes_through_than_may(most, pauses):
    measure = Measure(most)
    now, through = 0.0, []
    for pause in pauses:
        now += pause
        if measure.lets(now):
            through.append(now)
    assert len(through) + measure.refused == len(pauses)
    assert all(late - early >= 1.0 for early, late in zip(through, through[most:], strict=False))

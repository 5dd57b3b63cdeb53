"""The event stream keeps its promise: what is sent is what the committed schema says."""

import dataclasses
import json
import typing
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged import messages
from edged.messages import BODIES, Event, to_json

SCHEMA = Path(__file__).parent.parent / "docs" / "events.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(messages.json_schema())


def test_the_committed_schema_is_the_one_the_classes_draw():
    assert json.loads(SCHEMA.read_text()) == messages.json_schema()


@given(st.data())
def test_every_event_that_can_be_made_fits_the_schema(data):
    body = data.draw(st.sampled_from(BODIES).flatmap(st.from_type))
    event = data.draw(st.builds(Event, sample=st.integers(0, 2**40), body=st.just(body)))
    line = json.loads(json.dumps(to_json(event), allow_nan=True))
    VALIDATOR.validate(line)


@pytest.mark.parametrize("body", BODIES, ids=lambda b: b.NAME)
def test_every_body_says_what_it_is_and_has_a_name_of_its_own(body):
    assert body.__doc__
    assert [b.NAME for b in BODIES].count(body.NAME) == 1


def test_a_missing_or_unknown_key_is_refused_by_the_schema():
    event = Event("mic", None, 1280, "2026-01-01T00:00:00.000Z", messages.Gap(samples=3, where="capture"))
    line = to_json(event)
    VALIDATOR.validate(line)
    for broken in ({**line, "extra": 1}, {k: v for k, v in line.items() if k != "samples"}):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(broken)


def test_messages_are_frozen():
    for noun in (Event, messages.Frame, messages.Transcript, *BODIES):
        assert dataclasses.fields(noun)
        assert typing.cast("typing.Any", noun).__dataclass_params__.frozen

"""What a child tells its parent, whatever becomes of the measurement."""

import json
import os

import pytest

from edged.bench.telling import tell
from edged.errors import ModelError, ProviderUnavailable


def told(measure, **more) -> dict:
    ours, theirs = os.pipe()
    tell(theirs, measure, **more)
    with os.fdopen(ours) as answer:  # ends: the other end is closed
        return json.load(answer)


def failing(exc: Exception):
    def measure():
        raise exc

    return measure


def test_what_was_measured_arrives():
    assert told(lambda: {"median": 1.5}) == {"median": 1.5}


@pytest.mark.parametrize(
    ("exc", "why", "in_full"),
    [
        (
            ProviderUnavailable("rknn", "no driver"),
            "no driver",
            "rknn: no driver",
        ),
        (ModelError("alexa: no such model"), "alexa: no such model", "alexa: no such model"),
        (OSError("bus error"), "OSError: bus error", "OSError: bus error"),
    ],
)
def test_what_went_wrong_is_a_sentence_that_may_name_the_provider_again(exc, why, in_full):
    assert told(failing(exc)) == {"why": why}
    assert told(failing(exc), why=str) == {"why": in_full}

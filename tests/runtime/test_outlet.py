"""A sink that rests shows that it is alive; what waits for it is replaced by what makes it worthless."""

import pytest

from edged.messages import Event, Gap, Partial, Scores
from edged.runtime.outlet import BACK_OFF_S, SLOW_S, replaced_by_newer, rested


@pytest.mark.parametrize("pause_s", BACK_OFF_S)
def test_a_rest_is_as_long_as_asked_and_shows_life_well_within_what_counts_as_hanging(pause_s):
    waited, shown = [], []

    def told_within(seconds: float) -> bool:
        waited.append(seconds)
        return False

    assert rested(pause_s, told_within, lambda: shown.append(sum(waited)))
    assert sum(waited) == pytest.approx(pause_s)
    assert shown[-1] == pytest.approx(pause_s)
    assert max(waited) < SLOW_S / 2
    assert len(shown) == len(waited)


def test_the_end_of_the_run_ends_a_rest():
    pieces = iter([False, True])
    assert not rested(30.0, lambda seconds: next(pieces), lambda: None)
    assert list(pieces) == []


def event(body, utterance=None, stream="mic") -> Event:
    return Event(stream, utterance, 1280, "2026-01-01T00:00:00.000Z", body)


def test_a_newer_text_replaces_that_of_its_own_utterance_alone():
    first, newer = event(Partial("turn"), 1), event(Partial("turn on"), 1)
    assert replaced_by_newer(first) == replaced_by_newer(newer) is not None
    assert replaced_by_newer(first) != replaced_by_newer(event(Partial("turn"), 2))
    assert replaced_by_newer(first) != replaced_by_newer(event(Partial("turn"), 1, "wyoming:1"))


def test_newer_scores_replace_those_of_their_stream_and_nothing_replaces_what_happened():
    assert replaced_by_newer(event(Scores({}, ()))) == replaced_by_newer(event(Scores({"a": 1.0}, ())))
    assert replaced_by_newer(event(Gap(1280, "device"))) is None

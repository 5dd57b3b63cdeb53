"""A sink that rests between two attempts shows that it is alive, and ends its rest when the run ends."""

import pytest

from edged.runtime.outlets import BACK_OFF_S, SLOW_S, rested


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

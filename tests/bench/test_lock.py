"""The lock that a call holds is told from the time it takes."""

import ctypes

from hypothesis import given
from hypothesis import strategies as st

from edged.bench.lock import held, held_s

CALL_US = 20_000


def test_a_call_that_keeps_the_lock_is_told_from_one_that_gives_it_away():
    keeps, gives = ctypes.PyDLL(None), ctypes.CDLL(None)
    assert held_s(lambda: keeps.usleep(CALL_US), calls=9) > 0.75 * CALL_US / 1e6
    assert held_s(lambda: gives.usleep(CALL_US), calls=9) < 0.5 * CALL_US / 1e6


@given(st.floats(0, 1), st.floats(1e3, 1e8))
def test_what_the_counter_missed_was_held(share, pace):
    assert abs(held(0.5, round(0.5 * share * pace), pace) - 0.5 * (1 - share)) <= 1 / pace


def test_a_counter_that_never_came_to_its_turn_proves_nothing_else_than_all_of_it():
    assert held(0.1, 0, 0.0) == 0.1

"""When an NPU is not believed any more."""

from hypothesis import given
from hypothesis import strategies as st

from edged.backends.rknn.shadow import LATE_CALLS, SHADOW_CALLS, STUCK_S, Doubts
from edged.geometry import HOP_SECONDS


def test_the_cpu_is_asked_once_a_minute_of_sound():
    doubts = Doubts()
    asked = [call for call in range(1, 3 * SHADOW_CALLS + 1) if doubts.call()]
    assert asked == [SHADOW_CALLS, 2 * SHADOW_CALLS, 3 * SHADOW_CALLS]
    assert round(SHADOW_CALLS * HOP_SECONDS) == 60


def test_one_other_answer_is_forgiven_a_second_is_not():
    doubts = Doubts()
    assert [doubts.compared(off) for off in (0.09, 0.11, 0.1, 0.2)] == [False, False, False, True]


def test_a_call_that_does_not_come_back_is_given_up_after_two_seconds():
    doubts = Doubts()
    assert doubts.late(10.0, anew=True) is None
    assert doubts.late(11.99, anew=False) is None
    assert doubts.late(12.0, anew=False) == f"hangs: no answer in {STUCK_S:g} s"


def test_waiting_for_one_call_counts_as_one_late_call():
    doubts = Doubts()
    assert all(doubts.late(10.0, anew=call == 0) is None for call in range(50))


@given(st.lists(st.integers(1, 2 * SHADOW_CALLS), max_size=30))
def test_three_late_calls_within_a_minute_are_too_many_and_further_apart_are_not(gaps):
    doubts, at, seen = Doubts(), 0, []
    for gap in gaps:
        for _ in range(gap):
            doubts.call()
        at += gap
        seen.append(at)
        recent = [call for call in seen if at - call < SHADOW_CALLS]
        reason = doubts.late(float(at), anew=True)
        assert (reason is not None) == (len(recent) >= LATE_CALLS)
        doubts.answered()
        if reason:
            return

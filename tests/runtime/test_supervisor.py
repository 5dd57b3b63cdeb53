"""Who is late is decided from what was seen, in time that this process itself was running."""

import math
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from edged.runtime.supervisor import LONGEST_LOOK_S, Late, Supervisor

TICK = 0.1


@dataclass
class Hand:
    """A worker that beats when the test says so."""

    name: str = "path"
    deadline_s: float = 5.0
    vital: bool = True
    beat: float = 0.0
    alive: bool = True


class Clock:
    """Virtual seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Watch:
    """A supervisor on a virtual clock."""

    def __init__(self, *workers: Hand) -> None:
        self.workers = workers
        self._clock = Clock()
        self._supervisor = Supervisor(self._clock)
        self.look(0)

    def look(self, after_s: float = TICK) -> tuple[Late, ...]:
        self._clock.now += after_s
        return self._supervisor.look(self.workers)

    def late_after(self, longest_s: float = 60.0) -> float | None:
        """Seconds of ordinary looks until somebody is late."""
        begun = self._clock.now
        while self._clock.now - begun < longest_s:
            if self.look():
                return self._clock.now - begun
        return None


def test_whoever_beats_is_never_late():
    hand = Hand()
    watch = Watch(hand)
    for _ in range(1000):
        hand.beat += 1
        assert watch.look() == ()


def test_the_first_look_beyond_the_deadline_names_who_is_silent():
    watch = Watch(Hand("capture", beat=3.0), Hand("path", deadline_s=9.0))
    assert 5.0 < watch.late_after() <= 5.0 + 2 * TICK
    (late,) = watch.look()
    assert (late.name, late.vital) == ("capture", True)
    assert str(late) == "capture has given no sign of life for 5 s"


def test_a_beat_in_the_last_moment_begins_anew():
    hand = Hand()
    watch = Watch(hand)
    for _ in range(49):
        assert watch.look() == ()
    hand.beat += 1
    assert 5.0 < watch.late_after() <= 5.0 + 2 * TICK


def test_a_process_that_was_stopped_for_an_hour_takes_nobody_for_stuck():
    watch = Watch(Hand())
    for _ in range(30):
        watch.look()
    assert watch.look(after_s=3600.0) == ()
    assert 1.0 < watch.late_after() < 2.0  # of 5 s, 3 were seen and half a one is charged for the hour


def test_who_may_wait_for_somebody_outside_is_never_late():
    assert Watch(Hand(deadline_s=math.inf)).late_after(3600.0) is None


def test_who_has_ended_or_not_begun_is_not_waited_for():
    hand = Hand(alive=False)
    watch = Watch(hand)
    assert watch.late_after() is None
    hand.alive = True
    assert 5.0 < watch.late_after() <= 5.0 + 2 * TICK


def test_another_in_the_place_of_one_that_hung_begins_anew():
    old = Hand("sink-jsonl", deadline_s=10.0, vital=False, beat=1.0)
    watch = Watch(old)
    assert watch.late_after() is not None
    watch.workers = (Hand("sink-jsonl", deadline_s=10.0, vital=False, beat=2.0),)
    assert watch.look() == ()


def test_a_clock_that_stands_still_makes_nobody_late():
    watch = Watch(Hand(deadline_s=0.0))
    assert [watch.look(after_s=0.0) for _ in range(10)] == [()] * 10


STEPS = st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=60)


@given(STEPS, st.floats(0.2, 10))
def test_late_is_exactly_who_was_seen_silent_for_longer_than_the_deadline(steps, deadline_s):
    hand = Hand(deadline_s=deadline_s)
    watch = Watch(hand)
    quiet_s = 0.0
    for pause_s, beats in steps:
        hand.beat += beats
        found = watch.look(after_s=pause_s)
        now_s = watch._clock.now
        lived_s = min(now_s - (now_s - pause_s), LONGEST_LOOK_S)
        quiet_s = 0.0 if beats else quiet_s + lived_s
        if abs(quiet_s - deadline_s) > 1e-6:
            assert bool(found) == (quiet_s > deadline_s)

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.calibrate import STEPS, WARM, Interrupted, calibrate
from edged.geometry import HOP_SECONDS
from tests.backends.virtual import Clock


def measured(walls: list[float], spins: float = 0.0):
    """Calibrate steps that take so long, of a driver that spins that share of every pause."""
    clock, cpu, starts = Clock(), [0.0], []
    todo = iter(walls)

    def step() -> None:
        starts.append(clock.now)
        took = next(todo)
        clock.spend(took)
        cpu[0] += took / 2

    def sleep(seconds: float) -> bool:
        cpu[0] += seconds * spins
        return clock.sleep(seconds)

    return calibrate(step, clock, lambda: cpu[0], sleep), starts


def test_steps_are_made_at_the_pace_of_sound_however_long_they_take():
    walls = [0.004] * WARM + [0.004, 0.07] * STEPS
    _, starts = measured(walls)
    counted = starts[WARM:]
    assert len(starts) == WARM + STEPS
    gaps = [later - earlier for earlier, later in itertools.pairwise(counted)]
    assert gaps == pytest.approx([HOP_SECONDS] * (STEPS - 1))


def test_the_first_steps_do_not_count():
    found, _ = measured([5.0] * WARM + [0.004] * STEPS)
    assert (found.p95_ms, found.cpu_ms) == (4.0, 2.0)


def test_p95_is_passed_over_by_one_step_in_twenty_five_and_seen_in_two():
    assert measured([0.001] * (WARM + STEPS - 1) + [0.05])[0].p95_ms == 1.0
    assert measured([0.001] * (WARM + STEPS - 2) + [0.05] * 2)[0].p95_ms == 50.0


def test_a_driver_that_spins_between_two_steps_pays_for_it():
    found, _ = measured([0.004] * (WARM + STEPS), spins=0.5)
    assert found.cpu_ms == pytest.approx(2 + (80 - 4) / 2)


@given(st.integers(0, WARM + STEPS - 1))
def test_the_end_of_the_run_ends_it_at_any_step(last):
    clock, steps = Clock(), []
    with pytest.raises(Interrupted):
        calibrate(lambda: steps.append(1), clock, clock, lambda seconds: len(steps) > last)
    assert len(steps) == last + 1

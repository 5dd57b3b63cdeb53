"""Steps are made at the pace of sound and told in percentiles, and what a driver does between them counts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.bench.paced import WARM, paced, percentile
from edged.geometry import HOP_SECONDS
from tests.backends.virtual import Clock


@pytest.mark.parametrize("step_s", [0.001, 0.079])
def test_a_step_comes_every_80_ms_and_the_first_ten_do_not_count(step_s):
    clock, at, cpu = Clock(), [], [0.0]

    def step() -> None:
        at.append(clock())
        clock.spend(10.0 if len(at) == 1 else step_s)
        cpu[0] += 0.002

    cost = paced(step, 100, clock, lambda: cpu[0], clock.sleep)
    assert len(at) == WARM + 100
    gaps = [later - sooner for sooner, later in pairwise(at)]
    assert gaps == pytest.approx([10.0, *[HOP_SECONDS] * (WARM + 98)])
    assert cost.walls_s == pytest.approx([step_s] * 100)
    assert cost.cpu_s == pytest.approx(0.002)


def test_processor_time_between_two_steps_counts():
    clock, spun = Clock(), [0.0]

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        spun[0] += seconds  # a driver that spins while it waits

    cost = paced(lambda: clock.spend(0.01), 50, clock, lambda: spun[0], sleep)
    assert cost.cpu_s == pytest.approx(0.07, rel=0.05)


@given(st.lists(st.floats(0, 1), min_size=1), st.integers(1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_pass(values, percent):
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values) or found == min(values)

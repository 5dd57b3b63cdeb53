"""Times of stages: medians of the newest hops, totals of all, neither growing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.runtime.timing import KEPT, StageTimes
from edged.telemetry.totals import BOUNDS_S


@given(st.lists(st.floats(0, 5), min_size=1, max_size=3 * KEPT))
def test_every_hop_is_in_one_bucket_and_in_the_sums(seconds):
    times = StageTimes(cpu=lambda: 4)
    for spent in seconds:
        times.add("heads", spent, spent / 2)
    total = times.totals()["heads", "cpu"]
    assert total.hops == sum(total.buckets) == len(seconds)
    assert total.wall_s == pytest.approx(sum(seconds))
    assert total.cpu_s == {4: pytest.approx(sum(seconds) / 2)}
    assert [sum(total.buckets[: i + 1]) for i in range(len(BOUNDS_S))] == [
        sum(spent <= bound for spent in seconds) for bound in BOUNDS_S
    ]


def test_cpu_time_is_counted_for_the_core_it_was_spent_on():
    cores = iter([4, 4, 6])
    times = StageTimes(cpu=lambda: next(cores))
    for cpu_s in (0.001, 0.002, 0.004):
        times.add("features", 0.01, cpu_s)
    assert times.cpu_s() == {4: pytest.approx(0.003), 6: 0.004}


def test_a_stage_that_moved_has_totals_of_each_provider_and_one_median():
    times = StageTimes()
    times.add("features", 0.002, provider="opencl")
    times.add("features", 0.004, provider="cpu")
    assert {key: total.hops for key, total in times.totals().items()} == {
        ("features", "opencl"): 1,
        ("features", "cpu"): 1,
    }
    assert times.medians() == {"features": 3.0}


def test_the_core_is_one_of_the_machines():
    times = StageTimes()
    times.add("features", 0.001, 0.001)
    (core,) = times.cpu_s()
    assert core >= 0

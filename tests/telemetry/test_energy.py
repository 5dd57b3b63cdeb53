"""The energy model: the table that its sources give, and nothing told that it does not know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.telemetry import energy

CLOCKS = (408, 600, 816, 1008, 1200, 1416, 1608, 1800, 2016, 2208, 2400)
A55 = (42, 62, 85, 105, 139, 188, 265, 370)
A76 = (77, 114, 155, 191, 227, 310, 389, 541, 718, 896, 998)
GPU = (408, 543, 679, 815, 1023, 1342, 1718, 2154)
"""Milliwatts, worked out by hand from coefficient, clock and voltage."""


@pytest.mark.parametrize(
    ("core", "clocks", "milliwatts"),
    [("A55", CLOCKS[:8], A55), ("A76", CLOCKS, A76), ("G610", range(300, 1001, 100), GPU)],
)
def test_the_table_is_that_of_the_device_tree(core, clocks, milliwatts):
    found = [energy.busy_watts(core, mhz * 1_000_000) * 1000 for mhz in clocks]
    assert found == pytest.approx(milliwatts, abs=1.0)


def test_all_eight_cores_at_their_highest_clock_come_to_5_and_a_half_watts():
    """Published for 7-zip on all cores of a Rock 5B, at the wall: about 6 W more than idle (sbc-bench)."""
    assert 4 * energy.busy_watts("A55", 1.8e9) + 4 * energy.busy_watts("A76", 2.4e9) == pytest.approx(
        5.47, abs=0.01
    )


@pytest.mark.parametrize(
    ("core", "hz"), [("A72", 1e9), (None, 1e9), ("A76", None), ("A76", 0), ("A55", 2.4e9)]
)
def test_what_the_model_does_not_know_has_no_watts(core, hz):
    assert energy.busy_watts(core, hz) is None


@given(st.floats(1e6, 2.4e9), st.floats(1e6, 2.4e9))
def test_a_higher_clock_never_costs_less(one, other):
    slow, fast = sorted((one, other))
    assert energy.busy_watts("A76", slow) <= energy.busy_watts("A76", fast)


@given(st.dictionaries(st.sampled_from([mhz * 1_000_000 for mhz in CLOCKS]), st.integers(0, 10**9)))
def test_a_mean_lies_between_the_lowest_and_the_highest_clock(spent):
    watts = energy.mean_busy_watts("A76", spent, 1_200_000_000)
    run = [hz for hz, ticks in spent.items() if ticks] or [1_200_000_000]
    low, high = energy.busy_watts("A76", min(run)), energy.busy_watts("A76", max(run))
    assert low * (1 - 1e-9) <= watts <= high * (1 + 1e-9)


def test_seconds_on_a_core_without_watts_have_no_energy():
    assert energy.joules({4: 2.0}, {4: 0.5}) == 1.0
    assert energy.joules({4: 2.0, 0: 0.0}, {4: 0.5}) == 1.0
    assert energy.joules({4: 2.0, 0: 0.1}, {4: 0.5}) is None
    assert energy.joules({}, {}) is None

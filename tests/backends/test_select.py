import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.select import EQUAL, Measured, Plan, objection, overdue, pause_s, plan, rank
from edged.errors import ProviderUnavailable

ORDER = ("opencl", "ort-opencl", "cpu")


def cost(cpu_ms: float, p95_ms: float = 5.0) -> Measured:
    return Measured(p95_ms, cpu_ms)


@pytest.mark.parametrize(
    ("costs", "ranked"),
    [
        ({"opencl": 0.3, "cpu": 1.0}, ("opencl", "cpu")),
        ({"opencl": 1.5, "cpu": 1.0}, ("cpu", "opencl")),
        ({"opencl": 1.05, "cpu": 1.0}, ("opencl", "cpu")),
        ({"opencl": 1.0, "ort-opencl": 1.0, "cpu": 1.0}, ("opencl", "ort-opencl", "cpu")),
        ({"ort-opencl": 0.5, "opencl": 0.9, "cpu": 2.0}, ("ort-opencl", "opencl", "cpu")),
        ({"unheard": 1.0, "cpu": 1.0}, ("cpu", "unheard")),
    ],
)
def test_the_cheapest_comes_first_and_order_decides_between_equals(costs, ranked):
    assert rank({provider: cost(ms) for provider, ms in costs.items()}, ORDER) == ranked


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 100)),
    st.permutations(list("abcdef")),
)
def test_every_link_is_ranked_once_and_none_behind_one_that_costs_clearly_more(costs, order):
    ranked = rank({name: cost(ms) for name, ms in costs.items()}, order)
    assert sorted(ranked) == sorted(costs)
    for place, name in enumerate(ranked):
        assert all(costs[name] <= costs[later] * EQUAL for later in ranked[place:])


def test_a_link_that_is_late_or_costs_more_than_the_last_one_is_not_worth_its_place():
    cpu = cost(1.0)
    assert objection("opencl", cost(0.5), "cpu", cpu, ORDER, named=False) is None
    said = objection("opencl", cost(1.3), "cpu", cpu, ORDER, named=False)
    assert said == "costs 1.30 ms of processor time per step, cpu 1.00"
    assert objection("opencl", cost(1.3), "cpu", cpu, ORDER, named=True) is None
    late = objection("opencl", cost(0.1, p95_ms=25.1), "cpu", cpu, ORDER, named=True)
    assert late == "too slow: 95 of 100 steps stay under 25.1 ms, 25 are asked"


def test_who_puts_the_cpu_first_gets_another_only_where_it_is_clearly_cheaper():
    first = ("cpu", "opencl")
    assert objection("opencl", cost(0.95), "cpu", cost(1.0), first, named=False) is not None
    assert objection("opencl", cost(0.5), "cpu", cost(1.0), first, named=False) is None


def test_pauses_grow_to_an_hour_and_stay_there():
    assert [pause_s(failures) for failures in range(1, 7)] == [30, 120, 600, 3600, 3600, 3600]


def test_three_late_steps_are_enough():
    assert [overdue(steps) for steps in range(5)] == [False, False, False, True, True]


@pytest.mark.parametrize(
    ("asked", "fallback", "built", "expected"),
    [
        ("auto", (), {"cpu"}, Plan((), "cpu", None, ("opencl", "ort-opencl"))),
        ("auto", (), {"cpu", "opencl"}, Plan(("opencl",), "cpu", None, ("ort-opencl",))),
        ("cpu", (), {"cpu", "opencl"}, Plan((), "cpu", "cpu", ())),
        ("opencl", (), {"cpu", "opencl"}, Plan((), "opencl", "opencl", ())),
        ("opencl", ("cpu",), {"cpu", "opencl"}, Plan(("opencl",), "cpu", "opencl", ())),
        ("opencl", ("cpu",), {"cpu"}, Plan((), "cpu", "opencl", ("opencl",))),
    ],
)
def test_the_links_are_what_the_configuration_asks_for_and_this_version_has(asked, fallback, built, expected):
    assert plan("features", asked, fallback, ORDER, built) == expected


def test_a_named_backend_that_is_not_built_is_refused_with_the_way_out():
    with pytest.raises(
        ProviderUnavailable, match=r'^rknn: \[heads\]: not part of this version; say backend = "cpu"'
    ):
        plan("heads", "rknn", (), ("rknn", "cpu"), {"cpu"})

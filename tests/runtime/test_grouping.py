"""Which heads share a chain: none is lost, none is asked of whom has not got it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.cpu.heads import HeadModel
from edged.backends.openers import Opener
from edged.backends.select import Plan
from edged.errors import ProviderUnavailable
from edged.runtime.grouping import grouped

NAMES = [f"head {number}" for number in range(6)]
PROVIDERS = ["rknn", "npu", "gpu"]


def opener(able: set[str], lacks: str = "") -> Opener:
    return Opener(lambda heads: heads, serves=lambda head: head.name in able, lacks=lacks)


def heads(*names: str) -> tuple[HeadModel, ...]:
    return tuple(HeadModel(name, Path(name)) for name in names)


@given(
    st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
    st.lists(st.sampled_from(PROVIDERS), unique=True),
    st.fixed_dictionaries({provider: st.sets(st.sampled_from(NAMES)) for provider in PROVIDERS}),
)
def test_each_head_is_in_one_group_whose_candidates_are_those_that_can_serve_it(names, candidates, able):
    table = {provider: opener(able[provider]) for provider in PROVIDERS}
    groups = grouped(Plan(tuple(candidates), "cpu", None, ()), heads(*names), table)
    assert sorted(head.name for _, members in groups for head in members) == sorted(names)
    assert len({plan.candidates for plan, _ in groups}) == len(groups)
    for plan, members in groups:
        for head in members:
            assert plan.candidates == tuple(each for each in candidates if head.name in able[each])
    first = [names.index(members[0].name) for _, members in groups]
    assert first == sorted(first)


def test_one_that_was_named_and_lacks_a_head_is_an_error_in_its_own_words():
    table = {"rknn": opener({"alexa"}, "no compiled graph holds {heads}")}
    wanted = Plan((), "rknn", "rknn", ())
    assert grouped(wanted, heads("alexa"), table) == [(wanted, heads("alexa"))]
    with pytest.raises(ProviderUnavailable, match=r"\[heads\]: no compiled graph holds weather"):
        grouped(wanted, heads("alexa", "weather"), table)

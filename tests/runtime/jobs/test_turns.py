"""Clients take turns: a queue in which nobody waits for more than one job of each other client."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.runtime.jobs.turns import Turns

CLIENTS = st.sampled_from("abcd")
STEPS = st.lists(st.one_of(st.tuples(st.just("put"), CLIENTS), st.tuples(st.just("take"), st.none())))


@given(st.integers(1, 12), STEPS)
def test_each_client_is_served_in_its_order_and_once_per_round(places, steps):
    turns, lines, taken = Turns(places), {name: deque() for name in "abcd"}, []
    passed = {name: [] for name in "abcd"}  # whose turns came while a client waited
    for number, (step, client) in enumerate(steps):
        if step == "put":
            waited = bool(lines[client])
            if turns.put(client, number):
                lines[client].append(number)
                if not waited:
                    passed[client] = []
            else:
                assert sum(map(len, lines.values())) >= places - (places // 4 if waited else 0)
        else:
            item = turns.take()
            if item is None:
                assert not any(lines.values())
                continue
            served = next(name for name, line in lines.items() if item in line)
            assert lines[served].popleft() == item
            taken.append(item)
            assert len(passed[served]) == len(set(passed[served]))  # nobody came twice before this turn
            for name, line in lines.items():
                if name != served and line:
                    passed[name].append(served)
            passed[served] = []
        assert len(turns) == sum(map(len, lines.values())) <= places
    rest = turns.clear()
    assert sorted(taken + rest) == sorted(taken + [item for line in lines.values() for item in line])
    assert turns.take() is None


def test_whoever_fills_the_queue_leaves_places_for_others():
    turns = Turns(8)
    assert [turns.put("greedy", n) for n in range(8)] == [True] * 6 + [False] * 2
    assert turns.put("late", "x")
    assert turns.put("later", "y")
    assert not turns.put("last", "z")
    assert [turns.take() for _ in range(4)] == [0, "x", "y", 1]


def test_what_had_its_turn_comes_back_before_all_others_even_where_there_is_no_place():
    turns = Turns(2)
    turns.put("a", 1)
    turns.put("b", 2)
    assert turns.take() == 1
    turns.put("c", 3)
    turns.again("a", 1)
    assert [turns.take(), turns.take(), turns.take(), turns.take()] == [1, 2, 3, None]


def test_what_is_taken_out_gives_its_place_back():
    turns = Turns(1)
    turns.put("a", 1)
    assert turns.full("b")
    assert turns.remove("a", 1)
    assert not turns.remove("a", 1)
    assert turns.put("b", 2)
    assert turns.take() == 2


def test_a_queue_without_a_place_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        Turns(0)

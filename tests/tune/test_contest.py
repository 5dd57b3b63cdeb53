"""Ways are measured in turn, a way that fails is given up, and only what is surely apart is told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config.schema import Config, Features
from edged.errors import ConfigError
from edged.tune.contest import Way, against, best, contest, is_better, is_worse, order_of
from edged.tune.question import Answer, Question, from_text, to_text
from tests.tune.conftest import Planned

A, B, C = (Question(Config(features=Features(threads=count)), "path") for count in (1, 2, 3))
WAYS = {"a": A, "b": B, "c": C}


def threads(question: Question) -> int:
    return question.config.features.threads


def way(*costs: float) -> Way:
    return Way([Answer(cost, cost, "planned") for cost in costs])


@pytest.mark.parametrize("rounds", [0, 1, 4])
def test_too_few_rounds_are_refused(rounds):
    with pytest.raises(ConfigError, match="at least 5"):
        contest(WAYS, rounds, Planned(lambda question: 1.0))


@given(st.integers(5, 12))
def test_every_way_runs_once_a_round_and_none_is_always_first(rounds):
    planned = Planned(lambda question: 1.0)
    contest(WAYS, rounds, planned)
    turns = [planned.asked[at : at + 3] for at in range(0, 3 * rounds, 3)]
    assert len(planned.asked) == 3 * rounds
    assert all({threads(each) for each in turn} == {1, 2, 3} for turn in turns)
    assert len({threads(turn[0]) for turn in turns}) == 3


def test_a_way_that_fails_is_given_up_with_its_reason_and_the_others_go_on():
    planned = Planned(lambda question: "hangs" if question is B else 1.0)
    ways = contest(WAYS, 5, planned)
    assert ways["b"].why == "hangs"
    assert sum(each is B for each in planned.asked) == 1
    assert [len(ways[name].answers) for name in "abc"] == [5, 0, 5]
    assert against(ways["b"], ways["a"]) is None
    assert against(ways["c"], ways["a"])["n"] == 5


def test_only_what_is_surely_and_noticeably_cheaper_is_better():
    now = way(1.0, 1.1, 0.9, 1.0, 1.05)
    assert is_better(against(way(0.7, 0.75, 0.65, 0.7, 0.72), now))
    assert not is_better(against(way(0.98, 1.07, 0.88, 0.98, 1.03), now))  # surely, but who would notice
    assert not is_better(against(way(0.5, 1.5, 0.5, 1.5, 0.9), now))  # cheaper at the median, and who knows
    assert is_worse(against(way(1.4, 1.5, 1.3, 1.4, 1.6), now))
    assert not is_worse(against(way(1.0, 1.1, 0.9, 1.0, 1.05), now))
    assert not is_worse(against(way(0.5, 1.5, 3.0, 1.5, 0.9), now))


def test_the_best_is_the_cheapest_of_those_that_are_better_than_now():
    ways = {
        "now": way(*[1.0] * 5),
        "less": way(*[0.8] * 5),
        "least": way(*[0.6] * 5),
        "more": way(*[2.0] * 5),
    }
    assert best(ways, "now") == "least"
    assert best({"now": ways["now"], "more": ways["more"]}, "now") == "now"
    assert best({**ways, "least": Way(why="hangs")}, "now") == "less"


def test_an_order_is_by_cost_and_equals_keep_the_wished_one():
    ways = {
        "gpu": way(*[1.0] * 5),
        "npu": way(*[0.5] * 5),
        "cpu": way(1.02, 0.98, 1.0, 1.01, 0.99),
        "absent": Way(why="no driver"),
    }
    assert order_of(ways, ["cpu", "gpu", "npu", "absent"]) == ["npu", "cpu", "gpu"]
    assert order_of(ways, ["gpu", "cpu", "npu", "absent"]) == ["npu", "gpu", "cpu"]
    assert order_of({}, []) == []


def test_a_question_reaches_its_process_whole(tmp_path):
    asked = Question(Config(features=Features(threads=3)), "recognizer", (tmp_path / "a b.wav",), 4)
    assert from_text(to_text(asked)) == asked

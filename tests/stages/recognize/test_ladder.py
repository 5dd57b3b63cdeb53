"""Who is asked, and who next, whatever becomes of what they were asked."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.verdict import Hopeless
from edged.errors import ModelError, ProviderUnavailable
from edged.stages.recognize.ladder import Ladder
from edged.stages.recognize.recognizer import Lost, Switched
from edged.stages.recognize.rung import LOSSES, Rung
from edged.stages.recognize.strain import SLOW_IN_A_ROW

KINDS = ("accelerated", "usual", "smaller", "remote")


def never(on_reply):
    raise AssertionError("a ladder opens nothing")


def ladder(hurried=True, smaller_above_c=0.0, kinds=KINDS) -> Ladder:
    return Ladder([Rung(kind, kind, never) for kind in kinds], hurried, smaller_above_c)


def lost(code="died") -> Lost:
    return Lost(1, f"it {code}", code)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["answered", "lost", "busy", "felt", "cannot", "hopeless", "serve"]),
        st.integers(0, 3),
        st.sampled_from([0.1, 1.0, 40.0, 4000.0]),
    ),
    max_size=40,
)


@given(EVENTS)
def test_the_best_that_may_be_is_asked_whatever_happened(events):
    ask, now = ladder(smaller_above_c=80.0), 0.0
    for what, place, more in events:
        now += more
        rung = ask.rungs[place]
        match what:
            case "answered":
                ask.answered(rung, 2.0, more, now)
            case "lost" | "busy":
                ask.lost(rung, lost(what), now)
            case "felt":
                ask.felt(60.0 + more, now)
            case "cannot":
                ask.pass_over(rung, ModelError("no such file"), now)
            case "hopeless":
                ask.pass_over(rung, Hopeless(rung.name, "not built for it"), now)
            case "serve":
                before = ask.serving
                change = ask.serve(ask.wanted(now))
                assert (change is None) == (ask.serving is before)
        able = [each for each in ask.rungs if each.may(now)]
        wanted = ask.wanted(now)
        smaller = [each for each in able if each.kind == "smaller"]
        assert wanted in [*able[:1], *smaller] if able else wanted is ask.serving


@given(st.integers(0, 3), st.sets(st.integers(0, 3)))
def test_an_utterance_is_offered_once_to_each_that_may_be_asked(first, resting):
    ask = ladder()
    ask.serving = ask.rungs[first]
    for place in resting:
        ask.rungs[place].give_up(0.0)
    tried = [ask.serving]
    while (rung := ask.next(tried, 0.0)) is not None:
        assert rung.may(0.0)
        tried.append(rung)
    assert len(set(map(id, tried))) == len(tried)
    assert {ask.rungs.index(rung) for rung in tried} == {first} | ({0, 1, 2, 3} - resting)
    later = [ask.rungs.index(rung) for rung in tried if ask.rungs.index(rung) > first]
    assert [ask.rungs.index(rung) for rung in tried[1 : 1 + len(later)]] == sorted(later)


def test_one_is_not_asked_for_a_while_after_its_losses_in_a_row():
    ask = ladder(kinds=("usual", "remote"))
    usual, remote = ask.rungs
    assert [ask.lost(usual, lost(), 1.0) for _ in range(LOSSES)] == [*[False] * (LOSSES - 1), True]
    change = ask.serve(ask.wanted(1.0))
    assert change == Switched("usual", "remote", "it died", worse=True)
    assert ask.wanted(usual.due - 0.1) is remote
    back = ask.serve(ask.wanted(usual.due))
    assert back == Switched("remote", "usual", "usual is asked again, after a pause", worse=False)
    assert ask.serve(usual) is None


@pytest.mark.parametrize("hurried", [True, False])
def test_slow_texts_ask_the_smaller_one_only_where_somebody_waits(hurried):
    ask = ladder(hurried)
    usual = ask.rungs[1]
    for _ in range(SLOW_IN_A_ROW):
        ask.answered(usual, 2.0, 3.0, 1.0)
    assert (ask.wanted(1.0).kind == "smaller") is hurried
    change = ask.serve(ask.wanted(1.0))
    assert (change is not None and "took longer than their sound" in change.reason) is hurried


def test_texts_of_the_smaller_one_say_nothing_of_the_load():
    ask = ladder()
    for _ in range(SLOW_IN_A_ROW):
        ask.answered(ask.rungs[2], 2.0, 30.0, 1.0)
    assert ask.wanted(1.0) is ask.rungs[0]


def test_what_is_hopeless_is_never_asked_again_and_what_failed_is():
    ask = ladder()
    npu, cpu = ask.rungs[:2]
    ask.pass_over(npu, Hopeless("npu", "not built for it"), 0.0)
    assert (npu.due, ask.reason) == (math.inf, "not built for it")
    ask.pass_over(cpu, ProviderUnavailable("cpu", "does not import"), 0.0)
    assert (cpu.may(1e6), ask.reason) == (True, "does not import")


def test_a_smaller_one_is_spare_unless_it_is_asked_or_answers():
    ask = ladder()
    small = ask.rungs[2]
    assert ask.spare([]) == ask.spare([None, ask.rungs[0]]) == (small,)
    assert ask.spare([small]) == ()
    ask.serve(small)
    assert ask.spare([]) == ()

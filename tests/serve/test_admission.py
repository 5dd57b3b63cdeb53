"""What does not fit is refused in words, and what left makes room."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from edged.serve.admission import Admission, Busy


def test_the_last_place_and_the_one_after():
    admission = Admission("connections", most=2, most_each=2)
    admission.enter("a", "wyoming")
    admission.enter("b", "wyoming")
    with pytest.raises(Busy, match="2 connections are open, which is the most"):
        admission.enter("c", "funasr")
    admission.leave("a", "wyoming")
    admission.enter("c", "funasr")
    assert (admission.count, admission.refused) == (2, {"funasr": 1})
    assert admission.at == {"wyoming": 1, "funasr": 1}


def test_one_client_cannot_take_every_place():
    admission = Admission("streams", most=9, most_each=1)
    admission.enter("a", "wyoming")
    with pytest.raises(Busy, match="1 streams of a are open"):
        admission.enter("a", "wyoming")
    admission.enter("b", "wyoming")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())))
def test_the_count_is_that_of_a_list(steps):
    admission = Admission("connections", most=4, most_each=2)
    inside: list[str] = []
    for client, enters in steps:
        if not enters:
            if client in inside:
                inside.remove(client)
                admission.leave(client, "openai")
        elif len(inside) < 4 and inside.count(client) < 2:
            inside.append(client)
            admission.enter(client, "openai")
        else:
            with pytest.raises(Busy):
                admission.enter(client, "openai")
        assert admission.count == len(inside)


def test_a_place_is_given_back_whatever_happens():
    admission = Admission("connections", 1, 1)
    with pytest.raises(ZeroDivisionError), admission.inside("a", "sherpa"):
        raise ZeroDivisionError
    assert admission.count == 0

"""What the front ends say of themselves: to Prometheus at both doors, by the names of the others."""

import hypothesis.strategies as st
from hypothesis import given

from edged.runtime.ears import Ears
from edged.serve.admission import Admission, Busy
from edged.serve.numbers import numbers, quantile


def read(connections: Admission, streams: Admission, lag_s=()) -> dict[str, dict]:
    found = numbers(connections, streams, Ears(lambda worker: None), None, lag_s)
    return {number.name: dict(number.values) for number in found}


def test_connections_and_refusals_are_told_apart_by_front_end():
    connections, streams = Admission("connections", 2, 2), Admission("streams", 1, 1)
    for front_end in ("wyoming", "funasr", "funasr"):
        try:
            connections.enter("a", front_end)
        except Busy:
            streams.enter("a", front_end)
    found = read(connections, streams)
    assert found["edged_connections"] == {("wyoming",): 1, ("funasr",): 1}
    assert found["edged_connections_refused"] == {("funasr",): 1}
    assert found["edged_streams"] == {("funasr",): 1}
    streams.leave("a", "funasr")
    assert read(connections, streams)["edged_streams"] == {("funasr",): 0}


def test_without_a_look_at_the_loop_nothing_is_said_of_its_lag():
    none = Admission("connections", 1, 1)
    assert read(none, none)["edged_loop_lag_seconds"] == {}
    found = read(none, none, (0.2, 0.001, 0.003))["edged_loop_lag_seconds"]
    assert found == {("0.5",): 0.003, ("0.99",): 0.2, ("1",): 0.2}


@given(st.lists(st.floats(0, 9), min_size=1), st.floats(0, 1))
def test_a_quantile_is_a_value_that_was_there(values, share):
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)

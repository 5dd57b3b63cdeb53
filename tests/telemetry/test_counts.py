"""Counters add up to the events that left, whatever their order."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from edged.messages import (
    Activation,
    Device,
    Event,
    Fallback,
    Final,
    Gap,
    Metrics,
    Ran,
    Ready,
    Recovered,
    Suppressed,
)
from edged.telemetry.counts import Counts

RAN = Ran("cpu", "cpu")
COST = Metrics(2.0, 0.5, 0.25, "cpu", "cpu", latency_ms=300.0)
BODIES = st.one_of(
    st.sampled_from(["alexa", "timer"]).map(lambda word: Activation(word, 0.9, (0.9,), 0.5, 0, RAN, 1.0)),
    st.sampled_from(["vad", "patience"]).map(lambda reason: Suppressed("alexa", 0.6, reason)),
    st.integers(1, 50_000).map(lambda samples: Gap(samples, "capture")),
    st.just(Final("on", (), COST)),
    st.sampled_from(["lost", "back"]).map(lambda state: Device(state, "mic", "unplugged")),
)


def event(body) -> Event:
    return Event("mic", None, 0, "", body)


@given(st.lists(BODIES, max_size=60))
def test_what_was_counted_is_what_was_sent(bodies):
    counts = Counts()
    for body in bodies:
        counts.tap(event(body))
    found = counts.counted()
    names = Counter(body.NAME for body in bodies)
    assert sum(found.activations.values()) == names["activation"]
    assert sum(found.suppressed.values()) == names["suppressed"]
    assert sum(found.xruns.values()) == names["gap"]
    assert found.gap_samples == sum(body.samples for body in bodies if isinstance(body, Gap))
    assert found.finals == names["final"]
    assert found.rtf == (0.25 if names["final"] else None)
    states = [body.state for body in bodies if isinstance(body, Device)]
    assert found.microphone_lost == states.count("lost")
    assert found.microphone_present == (states[-1] == "back" if states else None)


def test_a_stage_is_degraded_until_it_is_back_where_it_began():
    counts = Counts()
    counts.tap(event(Ready("1", ("alexa",), RAN, "selftest", ())))
    assert counts.counted().degraded == {"features": False, "heads": False, "recognize": False}
    for body, degraded in (
        (Fallback("heads", "rknn", "opencl", "NaN"), True),
        (Fallback("heads", "opencl", "cpu", "slow"), True),
        (Recovered("heads", "cpu", "opencl", "probe passed"), True),
        (Recovered("heads", "opencl", "rknn", "probe passed"), False),
    ):
        counts.tap(event(body))
        assert counts.counted().degraded["heads"] is degraded
    assert counts.counted().fallbacks == {("heads", "rknn", "opencl"): 1, ("heads", "opencl", "cpu"): 1}
    assert len(counts.counted().recoveries) == 2

"""One word said is one activation: the sequences that break other wake-word software, and the laws behind."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edged.geometry import HOP
from edged.stages.heads.activation import CURVE_HOPS, LONGEST_RISE, Activator, Heard, Held
from edged.stages.heads.rule import Rule


def rule(**changes) -> Rule:
    values = {
        "word": "alexa",
        "threshold": 0.5,
        "rearm_below": 0.35,
        "patience": 1,
        "patience_window": 1,
        "refractory": 0,
        "vad_threshold": 0.0,
        "lag": 0,
    }
    return Rule(**(values | changes))


def run(activator: Activator, scores, speech=None, listening=(), at: int = 0) -> dict[int, Heard | Held]:
    """Decisions by hop, counted from `at`."""
    decisions = {}
    for hop, score in enumerate(scores, start=at):
        said = speech[hop - at] if speech is not None else None
        decision = activator.update(score, (hop + 1) * HOP, said, hop in listening)
        if decision is not None:
            decisions[hop] = decision
    return decisions


def heard(decisions: dict[int, Heard | Held]) -> list[int]:
    return [hop for hop, decision in decisions.items() if isinstance(decision, Heard)]


def held(decisions: dict[int, Heard | Held]) -> dict[int, tuple[str, float]]:
    return {hop: (d.reason, d.score) for hop, d in decisions.items() if isinstance(d, Held)}


def test_a_score_over_the_threshold_is_an_activation_with_its_curve():
    decisions = run(Activator(rule()), [0.1, 0.2, 0.9])
    assert decisions == {2: Heard(0.9, (0.1, 0.2, 0.9), 3 * HOP)}


def test_the_threshold_itself_counts():
    assert heard(run(Activator(rule()), [0.49, 0.5])) == [1]


def test_one_word_is_one_activation_however_long_its_score_stays_high():
    assert heard(run(Activator(rule()), [0.1] + [0.95] * 30 + [0.1] * 5)) == [1]


def test_blips_ten_seconds_apart_do_not_add_up():
    blips = ([0.9] + [0.0] * 124) * 5
    decisions = run(Activator(rule(patience=3, patience_window=3)), blips)
    assert heard(decisions) == []
    assert [reason for reason, _ in held(decisions).values()] == ["patience"] * 5


def test_patience_is_met_by_n_of_the_last_m_hops():
    activator = Activator(rule(patience=3, patience_window=5))
    decisions = run(activator, [0.9, 0.1, 0.9, 0.1, 0.9])
    assert list(decisions) == heard(decisions) == [4]  # and nothing was called suppressed before
    activator = Activator(rule(patience=3, patience_window=5))
    assert heard(run(activator, [0.9, 0.1, 0.9, 0.1, 0.1, 0.9])) == []


def test_patience_works_together_with_the_refractory_time():
    twice = ([0.9] * 4 + [0.0] * 8) * 3  # a word every 0.96 s
    decisions = run(Activator(rule(patience=2, patience_window=3, refractory=15 * HOP)), twice)
    assert heard(decisions) == [1, 25]
    assert [reason for reason, _ in held(decisions).values()] == ["refractory"]


def test_refractory_time_is_counted_in_audio_and_per_word():
    activator = Activator(rule(refractory=25 * HOP))
    other = Activator(rule(word="jarvis", refractory=25 * HOP))
    scores = [0.9] + [0.0] * 23 + [0.9, 0.0, 0.9]
    assert heard(run(activator, scores)) == [0, 26]
    assert heard(run(other, [0.0, 0.9])) == [1]
    assert heard(run(Activator(rule(refractory=2 * HOP)), [0.9, 0.0, 0.9])) == [0, 2]  # just over


def test_a_wobble_around_the_threshold_is_not_a_second_word():
    decisions = run(Activator(rule()), [0.9, 0.4, 0.6, 0.4, 0.7, 0.34, 0.9])
    assert heard(decisions) == [0, 6]
    assert held(decisions) == {2: ("hysteresis", 0.6), 4: ("hysteresis", 0.7)}


def test_a_threshold_below_rearm_below_still_rearms():
    assert heard(run(Activator(rule(threshold=0.2)), [0.3, 0.25, 0.19, 0.3])) == [0, 3]


def test_without_speech_the_rise_is_held_and_reported_once_with_its_peak():
    decisions = run(Activator(rule(vad_threshold=0.5)), [0.6, 0.8, 0.7, 0.4, 0.6, 0.3, 0.1], speech=[0.1] * 7)
    assert decisions == {5: Held(0.8, "vad")}


def test_speech_that_comes_late_still_activates_and_the_word_ended_where_the_rise_began():
    decisions = run(
        Activator(rule(vad_threshold=0.5, lag=800)), [0.1, 0.6, 0.8, 0.9, 0.1], [0, 0.1, 0.2, 0.7, 0]
    )
    assert decisions == {3: Heard(0.9, (0.1, 0.6, 0.8, 0.9), 2 * HOP - 800)}


def test_patience_delays_the_decision_and_not_the_end_of_the_word():
    decisions = run(Activator(rule(patience=3, patience_window=4)), [0.0, 0.9, 0.4, 0.9, 0.9])
    assert heard(decisions) == [4]
    assert decisions[4].end_sample == 2 * HOP


def test_speech_is_not_asked_for_by_every_score():
    gated = Activator(rule(vad_threshold=0.5))
    assert not gated.wants_speech(0.24)
    assert gated.wants_speech(0.25)
    gated.update(0.9, HOP, speech=0.9)
    assert not gated.wants_speech(0.9)  # nothing can come of it
    assert not Activator(rule()).wants_speech(0.9)
    assert not gated.wants_speech(math.nan)


def test_a_gate_without_an_answer_holds_nothing_back():
    assert heard(run(Activator(rule(vad_threshold=0.5)), [0.9])) == [0]


def test_what_was_said_while_a_command_is_recorded_activates_neither_then_nor_after():
    decisions = run(Activator(rule()), [0.0, 0.9, 0.9, 0.9, 0.0, 0.9], listening={1, 2})
    assert held(decisions) == {1: ("listening", 0.9)}
    assert heard(decisions) == [5]


def test_a_score_that_is_no_number_neither_activates_nor_counts_nor_rearms():
    bad = [math.nan, math.inf, -math.inf]
    assert run(Activator(rule()), bad) == {}
    assert heard(run(Activator(rule(patience=2, patience_window=2)), [0.9, *bad, 0.9])) == []
    assert heard(run(Activator(rule()), [0.9, *bad, 0.9, 0.1, 0.9])) == [0, 6]
    decisions = run(Activator(rule()), [0.1, math.nan, 0.9])
    assert decisions[2].scores == (0.1, 0.9)


def test_a_rise_before_a_gap_is_told_and_does_not_count_after_it():
    activator = Activator(rule(patience=2, patience_window=3))
    assert run(activator, [0.9]) == {}
    assert activator.reset() == Held(0.9, "patience")
    assert activator.reset() is None
    assert heard(run(activator, [0.9, 0.9], at=50)) == [51]


def test_refractory_time_goes_on_over_a_gap():
    activator = Activator(rule(refractory=20 * HOP))
    run(activator, [0.9])
    activator.reset()
    assert heard(run(activator, [0.9, 0.0], at=10)) == []
    assert heard(run(activator, [0.9], at=30)) == [30]


def test_a_drone_that_ends_in_speech_does_not_reach_back_for_seconds():
    speech = [0.1] * 100 + [0.9]
    decisions = run(Activator(rule(vad_threshold=0.5)), [0.6] * 101, speech)
    assert decisions[100].end_sample == 101 * HOP - LONGEST_RISE


def test_the_word_cannot_end_before_the_stream_begins():
    assert run(Activator(rule(lag=5_000)), [0.9])[0].end_sample == 0


scores_of_a_day = st.lists(
    st.sampled_from([0.0, 0.2, 0.34, 0.4, 0.5, 0.6, 0.95, math.nan]) | st.floats(0, 1), max_size=120
)
rules = st.builds(
    lambda patience, extra, refractory, gate: rule(
        patience=patience,
        patience_window=patience + extra,
        refractory=refractory,
        vad_threshold=gate,
        lag=640,
    ),
    st.integers(1, 4),
    st.integers(0, 4),
    st.integers(0, 12 * HOP),
    st.sampled_from([0.0, 0.5]),
)


@given(rules, scores_of_a_day, st.lists(st.floats(0, 1) | st.none(), min_size=120, max_size=120), st.data())
@example(rule(patience=2, patience_window=4), [0.9, 0.9, 0.1, 0.9], [None] * 120, None)
def test_the_laws_hold_for_any_scores(asked, scores, speech, data):
    listening = data.draw(st.sets(st.integers(0, 119))) if data is not None else set()
    decisions = run(Activator(asked), scores, speech, listening)
    hits = [score >= asked.threshold for score in scores]
    before = None
    for hop, decision in decisions.items():
        if isinstance(decision, Held):
            continue
        window = range(max(0, hop - asked.patience_window + 1), hop + 1)
        fresh = [i for i in window if hits[i] and (before is None or i > before)]
        assert len(fresh) >= asked.patience, "N of M, none of them used before"
        assert hits[hop]
        assert hop not in listening
        assert not asked.vad_threshold or speech[hop] is None or speech[hop] >= asked.vad_threshold
        assert len(decision.scores) <= CURVE_HOPS
        assert decision.scores[-1] == decision.score == scores[hop]
        end = (hop + 1) * HOP
        assert max(0, end - LONGEST_RISE - asked.lag) <= decision.end_sample <= end - asked.lag
        if before is not None:
            assert (hop - before) * HOP >= asked.refractory
            assert any(score < asked.rearm_below for score in scores[before + 1 : hop])
        before = hop


@given(scores_of_a_day, st.integers(0, 10 * HOP))
def test_without_patience_and_gate_every_first_high_score_is_decided_at_once(scores, refractory):
    """The plain rule, written the plain way: armed, over the threshold, refractory over."""
    expected, armed, last = [], True, None
    for hop, score in enumerate(scores):
        if score < 0.35:
            armed = True
        if armed and score >= 0.5 and (last is None or (hop - last) * HOP >= refractory):
            expected.append(hop)
            armed, last = False, hop
    assert heard(run(Activator(rule(refractory=refractory)), scores)) == expected


@given(rules, scores_of_a_day)
def test_a_rise_is_reported_at_most_once(asked, scores):
    activator = Activator(asked)
    reported = 0
    for hop, score in enumerate(scores):
        if score < asked.rearm_below:
            reported = 0
        decision = activator.update(score, (hop + 1) * HOP, 0.0)
        if isinstance(decision, Held) and decision.reason != "hysteresis":
            reported += 1
        assert reported <= 1


@pytest.mark.parametrize("reason", ["refractory", "patience", "vad"])
def test_the_last_gate_reached_is_the_reason(reason):
    asked = rule(patience=2, patience_window=2, refractory=10 * HOP, vad_threshold=0.5)
    activator = Activator(asked)
    assert heard(run(activator, [0.9, 0.9, 0.0, 0.0], [1.0] * 4)) == [1]
    start = {"refractory": 5, "patience": 20, "vad": 20}[reason]
    scores = [0.9, 0.0, 0.0] if reason == "patience" else [0.9, 0.9, 0.0, 0.0]
    decisions = run(activator, scores, [0.0] * len(scores), at=start)
    assert [held.reason for held in decisions.values()] == [reason]


@given(rules, scores_of_a_day, st.integers(0, 119), st.booleans())
def test_one_that_remembers_what_another_did_decides_the_same(asked, scores, at, gap):
    listening = {hop for hop in range(120) if hop % 7 == 0}
    speech = [0.9 if hop % 5 else 0.1 for hop in range(120)]
    first, second = Activator(asked), Activator(asked)
    expected = run(first, scores[:at], speech, listening)
    second.remember(first.memory)
    rest = scores[at:], speech[at:], listening
    expected = run(first, *rest, at=len(scores[:at]))
    decisions = run(second, *rest, at=len(scores[:at]))
    assert list(decisions) == list(expected)
    assert held(decisions) == held(expected)
    assert [d.end_sample for d in decisions.values() if isinstance(d, Heard)] == [
        d.end_sample for d in expected.values() if isinstance(d, Heard)
    ]
    if gap:
        assert second.reset() == first.reset()


def test_a_stop_word_is_heard_while_a_command_is_recorded_and_idle_at_other_times():
    scores = [0.0, 0.9, 0.0, 0.9, 0.0]
    assert run(Activator(rule(role="stop")), scores, listening={3})[3].score == 0.9
    stop = run(Activator(rule(role="stop", refractory=0)), scores, listening={3})
    assert (stop[1], type(stop[3])) == (Held(0.9, "idle"), Heard)
    wake = run(Activator(rule(refractory=0)), scores, listening={3})
    assert (type(wake[1]), wake[3]) == (Heard, Held(0.9, "listening"))


def test_a_stop_word_that_was_idle_cancels_nothing_that_begins_in_its_rise():
    decisions = run(Activator(rule(role="stop")), [0.0, 0.9, 0.9, 0.9], listening={2, 3})
    assert decisions == {1: Held(0.9, "idle")}

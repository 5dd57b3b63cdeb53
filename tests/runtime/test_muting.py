"""Muted is muted: nothing is scored or kept, every sample is counted; a trigger opens a command by hand."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import HOP, SAMPLE_RATE
from edged.messages import Activation, Endpoint, Final, Listening, Muted, Scores, Stats, Triggered, Unmuted
from tests.runtime.test_ear import WAKE_HOP, Rig, heard_by, planned, spoken


def test_muted_sound_is_not_scored_and_is_counted_as_muted():
    rig = Rig(planned(WAKE_HOP))
    pcm = spoken()
    rig.feed(pcm[: 5 * HOP])
    rig.ear.mute("socket")
    rig.feed(pcm[5 * HOP : 40 * HOP], start=5 * HOP)
    rig.ear.unmute("mqtt")
    rig.feed(pcm[40 * HOP :], start=40 * HOP)
    assert len(rig.of(Scores)) == rig.ear.tally.hops == 25
    assert (rig.of(Muted), rig.of(Unmuted)) == ([Muted("socket")], [Unmuted("mqtt")])
    rig.ear.say_stats()
    (stats,) = rig.of(Stats)
    assert (stats.muted, stats.gaps) == (35 * HOP, 0)


def test_nothing_that_was_said_before_or_while_it_was_muted_is_heard_afterwards():
    rig = Rig(planned(WAKE_HOP), pre_roll_ms=2000)
    pcm = spoken(quiet_from=60)
    rig.feed(pcm[: 5 * HOP + 300])
    rig.ear.mute("socket")
    rig.feed(pcm[5 * HOP + 300 : 20 * HOP], start=5 * HOP + 300)
    rig.ear.unmute("socket")
    assert np.array_equal(np.concatenate(rig.features.hops), pcm[: 5 * HOP])
    rig.feed(pcm[20 * HOP :], start=20 * HOP)  # the word comes with the seventh hop from here
    assert rig.of(Listening)[0].start_sample == 20 * HOP
    assert rig.of(Scores)[5].warming is True


def test_muting_ends_an_open_command_with_what_was_said_until_then():
    rig = Rig(planned(WAKE_HOP), pre_roll_ms=0)
    pcm = spoken(quiet_from=60)
    rig.feed(pcm[: 20 * HOP])
    rig.ear.mute("socket")
    rig.feed(pcm[20 * HOP :], start=20 * HOP)
    rig.ear.end("end_of_stream")
    assert rig.of(Endpoint) == [Endpoint("muted")]
    assert len(rig.of(Final)) == 1
    assert len(heard_by(rig.recognizer)) == 20 * HOP - rig.of(Listening)[0].start_sample


def test_sound_that_is_lost_while_it_is_muted_is_a_gap_and_not_muted():
    rig = Rig(planned())
    pcm = spoken()
    rig.feed(pcm[: 5 * HOP])
    rig.ear.mute("socket")
    rig.feed(pcm[9 * HOP : 12 * HOP], start=9 * HOP)
    rig.ear.say_stats()
    assert (rig.of(Stats)[-1].muted, rig.of(Stats)[-1].gaps) == (3 * HOP, 4 * HOP)


@settings(max_examples=60)
@given(st.lists(st.one_of(st.integers(0, 4000), st.sampled_from(["mute", "unmute", "trigger", "lose"]))))
def test_every_sample_is_scored_lost_or_muted_in_whatever_order(steps):
    rig = Rig(planned(WAKE_HOP), max_length_s=1.0)
    at, waiting = 0, 0
    rng = np.random.default_rng(0)
    for step in steps:
        if step == "mute":
            rig.ear.mute("socket")
            waiting = 0
        elif step == "unmute":
            rig.ear.unmute("socket")
        elif step == "trigger":
            rig.ear.trigger("socket")
        elif step == "lose":
            at += 777 if waiting == 0 else 0  # sources deliver whole hops before they lose any
        else:
            rig.feed((rng.normal(size=step) * 1000).astype(np.int16), start=at)
            at += step
            waiting = 0 if rig.ear.muted else (waiting + step) % HOP
    rig.feed(np.zeros(0, np.int16), start=at)
    tally = rig.ear.tally
    assert tally.hops * HOP + waiting + tally.muted + sum(tally.gaps.values()) == at


def test_a_trigger_opens_a_command_that_ends_and_gets_its_text_as_any_other():
    rig = Rig(planned(), pre_roll_ms=0)
    pcm = spoken()
    rig.feed(pcm[: 10 * HOP])
    rig.ear.trigger("mqtt")
    rig.feed(pcm[10 * HOP :], start=10 * HOP)
    assert [(n, name) for n, _, name in rig.story() if name != "partial"] == [
        (1, "triggered"), (1, "listening"), (1, "endpoint"), (1, "final"),
    ]  # fmt: skip
    assert rig.of(Triggered) == [Triggered("mqtt")]
    assert rig.of(Listening) == [Listening(10 * HOP, "trigger")]
    assert (rig.of(Endpoint), rig.of(Activation)) == ([Endpoint("silence")], [])
    assert rig.ear.tally.activations == 0
    heard = heard_by(rig.recognizer)
    assert np.array_equal(heard, pcm[10 * HOP :][: len(heard)])


def test_a_trigger_during_a_command_or_while_muted_changes_nothing():
    rig = Rig(planned(WAKE_HOP))
    pcm = spoken()
    rig.feed(pcm[: 20 * HOP])
    rig.ear.trigger("socket")
    rig.feed(pcm[20 * HOP :], start=20 * HOP)
    rig.ear.mute("socket")
    rig.ear.trigger("socket")
    assert rig.of(Triggered) == []
    assert len(rig.of(Listening)) == 1


def test_a_command_that_is_told_to_end_keeps_what_was_said():
    rig = Rig(planned(WAKE_HOP), pre_roll_ms=0)
    rig.feed(spoken()[: 20 * HOP])
    rig.ear.cut("told")
    assert rig.of(Endpoint) == [Endpoint("told")]
    assert rig.of(Final)[0].metrics.audio_duration > 5 * HOP / SAMPLE_RATE

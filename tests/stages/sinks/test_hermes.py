"""Rhasspy's services: told in their words, obeyed where they mean this site."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.messages import Activation, Endpoint, Listening, Lost, Partial, Ran
from edged.stages.sinks.hermes import OFF, ON, START, STOP, TOPICS, Hermes
from edged.stages.sinks.order import Order
from tests.stages.sinks.clerk import event, final

WAKE = Activation("hey_jarvis", 0.9, (0.9,), 0.6, 0, Ran("cpu", "cpu"), 1.0)


def said(site: str = "kitchen", **more) -> bytes:
    return json.dumps({"siteId": site, **more}).encode()


@pytest.fixture
def hermes():
    return Hermes("kitchen")


def tell(hermes: Hermes, *bodies, stream: str = "mic") -> list[tuple[str, dict]]:
    messages = [
        message for body in bodies for message in hermes.said(event(body, stream=stream, utterance=1))
    ]
    return [(message.topic, json.loads(message.payload)) for message in messages]


def test_a_wake_word_is_a_hotword_detected(hermes):
    ((topic, payload),) = tell(hermes, WAKE)
    assert topic == "hermes/hotword/hey_jarvis/detected"
    assert (payload["modelId"], payload["siteId"], payload["currentSensitivity"]) == (
        "hey_jarvis",
        "kitchen",
        0.4,
    )


def test_a_text_is_captured_with_the_session_of_the_dialogue_and_the_wake_word(hermes):
    tell(hermes, WAKE, Listening(0))
    assert hermes.heard(START, said(sessionId="s1")) is None  # it listens already
    ((topic, payload),) = tell(hermes, Endpoint("silence"), final("turn on").body)
    assert topic == "hermes/asr/textCaptured"
    assert payload == {
        "text": "turn on", "likelihood": 0.5, "seconds": 0.5, "siteId": "kitchen", "sessionId": "s1",
        "wakewordId": "hey_jarvis", "asrTokens": None, "lang": None,
    }  # fmt: skip


def test_start_listening_without_a_wake_word_is_a_trigger_and_keeps_its_session(hermes):
    assert hermes.heard(START, said(sessionId="s2")) == Order("trigger")
    tell(hermes, Listening(0))
    ((_, payload),) = tell(hermes, Endpoint("silence"), final("stop").body)
    assert (payload["sessionId"], payload["wakewordId"]) == ("s2", None)


def test_stop_listening_ends_a_command_and_means_nothing_without_one(hermes):
    assert hermes.heard(STOP, said()) is None
    tell(hermes, Listening(0))
    assert hermes.heard(STOP, said()) == Order("stop")
    tell(hermes, Endpoint("told"))
    assert hermes.heard(STOP, said()) is None


def test_a_text_that_never_comes_is_an_error_of_the_asr(hermes):
    tell(hermes, Listening(0), Endpoint("silence"))
    assert tell(hermes, Lost("it died")) == [
        ("hermes/error/asr", {"error": "it died", "context": None, "siteId": "kitchen", "sessionId": None})
    ]


def test_the_hotword_is_on_again_once_every_reason_to_be_off_is_gone(hermes):
    assert hermes.heard(OFF, said(reason="ttsSay")) == Order("mute")
    assert hermes.heard(OFF, said(reason="playAudio")) == Order("mute")
    assert hermes.heard(ON, said(reason="ttsSay")) is None
    assert hermes.heard(ON, said(reason="playAudio")) == Order("unmute")
    hermes.heard(OFF, said(reason="ttsSay"))
    assert hermes.heard(ON, said()) == Order("unmute")  # without a reason: whatever it was


def test_a_dialogue_that_begins_does_not_cut_the_command_it_is_about(hermes):
    assert hermes.heard(OFF, said(reason="dialogueSession")) is None
    assert hermes.heard(ON, said(reason="dialogueSession")) is None


@pytest.mark.parametrize(
    "payload", [said("bedroom"), b"{}", b"", b"[]", b"\xff", b"[" * 4000, b'{"siteId": 3}']
)
def test_other_sites_and_nonsense_mean_nothing(hermes, payload):
    assert [hermes.heard(topic, payload) for topic in TOPICS] == [None] * 4


def test_a_site_that_is_called_default_is_meant_where_none_is_named():
    assert Hermes("default").heard(OFF, b"") == Order("mute")


def test_streams_of_other_boxes_are_not_this_sites(hermes):
    assert tell(hermes, WAKE, Listening(0), final("x").body, stream="wyoming:3") == []
    assert hermes.heard(STOP, said()) is None


def test_a_word_is_one_level_of_a_topic(hermes):
    word = Activation("a/b+#", 0.9, (), 0.5, 0, Ran("cpu", "cpu"), 1.0)
    assert tell(hermes, word)[0][0] == "hermes/hotword/a_b__/detected"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(TOPICS),
            st.one_of(
                st.binary(max_size=40),
                st.fixed_dictionaries({"siteId": st.just("kitchen")}, optional={
                    "reason": st.one_of(st.text(max_size=300), st.integers()),
                    "sessionId": st.one_of(st.text(max_size=300), st.none(), st.lists(st.integers())),
                }).map(lambda said: json.dumps(said).encode()),
            ),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_whatever_comes_it_stays_in_bounds_and_what_is_told_can_be_sent(heard):
    hermes = Hermes("kitchen")
    for number, (topic, payload) in enumerate(heard, start=1):
        hermes.heard(topic, payload)
        for body in (Listening(0), Partial("x")):
            hermes.said(event(body, utterance=number))
        for message in hermes.said(final("text", utterance=number)):
            json.loads(message.payload)
    assert len(hermes._sessions) <= 16
    assert len(hermes._off) <= 16

"""What the recognizer's process understood arrives at the daemon as it was understood."""

from hypothesis import given
from hypothesis import strategies as st

from edged.messages import Transcript, Word
from edged.stages.recognize import answers, wire
from edged.stages.recognize.recognizer import Capabilities

NUMBERS = st.integers(0, 2**31)
SECONDS = st.floats(0, 1e6)
TEXTS = st.text(max_size=40)
SURE = st.none() | st.floats(0, 1)
WORDS = st.builds(Word, TEXTS, SECONDS, SECONDS, SURE)


@given(
    NUMBERS,
    st.builds(
        Transcript,
        TEXTS,
        st.lists(WORDS, max_size=4).map(tuple),
        SURE,
        st.lists(TEXTS, max_size=2).map(tuple),
    ),
    SECONDS,
)
def test_the_daemon_is_told_what_was_understood(utterance, transcript, seconds):
    (message,) = wire.Reader().feed(wire.encode(answers.Final.of(utterance, transcript, seconds, seconds)))
    assert isinstance(message, answers.Final)
    assert message.transcript == transcript
    assert (message.utterance, message.cpu_s, message.audio_s) == (utterance, seconds, seconds)


@given(
    st.builds(
        Capabilities,
        TEXTS,
        TEXTS,
        st.sampled_from(["streaming", "offline"]),
        st.booleans(),
        st.lists(TEXTS, max_size=3).map(tuple),
        *[st.booleans(), TEXTS, *[st.booleans()] * 4],
        st.lists(TEXTS, max_size=2).map(tuple),
    )
)
def test_the_daemon_is_told_what_the_model_can(capabilities):
    (message,) = wire.Reader().feed(wire.encode(answers.Ready.of(capabilities)))
    assert isinstance(message, answers.Ready)
    assert message.capabilities == capabilities

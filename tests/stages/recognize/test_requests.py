"""What is asked of the recognizer's process arrives there as it was asked for."""

from hypothesis import given
from hypothesis import strategies as st

from edged.stages.recognize import requests, wire
from edged.stages.recognize.hotwords import MOST_LETTERS, MOST_PHRASES, parse
from edged.stages.recognize.recognizer import Hotword, Options

SECONDS = st.floats(0, 1e6)
TEXTS = st.text(max_size=40)


@given(
    st.builds(
        Options,
        st.booleans(),
        st.lists(st.builds(Hotword, TEXTS, st.none() | SECONDS), max_size=3).map(tuple),
        TEXTS,
        st.none() | st.booleans(),
        st.none() | st.booleans(),
    )
)
def test_the_process_is_asked_for_what_the_caller_asks_for(options):
    (message,) = wire.Reader().feed(wire.encode(requests.Start.of(7, options)))
    assert isinstance(message, requests.Start)
    assert message.options == options


def test_the_most_hotwords_there_can_be_fit_into_a_message():
    parsed = parse([f"{chr(0x20000 + n)}" * MOST_LETTERS for n in range(MOST_PHRASES)])
    assert len(parsed.hotwords) == MOST_PHRASES
    weighted = tuple(Hotword(hotword.phrase, 999.123456789) for hotword in parsed.hotwords)
    assert wire.encode(requests.Start.of(1, Options(hotwords=weighted)))

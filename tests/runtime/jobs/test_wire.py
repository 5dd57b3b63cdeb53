"""Messages to and from a process for recordings: whatever comes, it is a message or a WireError."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.messages import Word
from edged.runtime.jobs import wire
from edged.runtime.transcribe.passage import Passage
from edged.stages.audio.recording import Raw
from edged.stages.recognize.framing import LENGTH, Frames, WireError
from edged.stages.recognize.recognizer import Hotword, Options

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.integers(1, 2**40)
REAL = st.floats(0, 1e6)
WORDS = st.lists(st.builds(Word, TEXT, REAL, REAL, st.none() | st.floats(0, 1)), max_size=3).map(tuple)
HOTWORDS = st.lists(st.builds(Hotword, TEXT, st.none() | REAL), max_size=3).map(tuple)
OPTIONS = st.builds(Options, st.booleans(), HOTWORDS, TEXT, st.none() | st.booleans())
RAW = st.none() | st.builds(Raw, st.integers(8000, 48000), st.integers(1, 4), st.integers(1, 8))
TO_PROCESS = st.one_of(
    st.builds(wire.Setup, TEXT),
    st.builds(wire.Order, NUMBER, TEXT, TEXT, RAW, OPTIONS, REAL),
    st.builds(wire.Cancel, NUMBER),
)
KINDS = st.sampled_from(["audio", "unsupported", "model", "internal", "stopped"])
TO_POOL = st.one_of(
    st.builds(wire.Alive, NUMBER, REAL, REAL),
    st.builds(wire.Heard, NUMBER, st.builds(Passage, NUMBER, NUMBER, TEXT, WORDS, REAL)),
    st.builds(wire.Done, NUMBER, NUMBER, TEXT, TEXT, st.lists(TEXT, max_size=2).map(tuple)),
    st.builds(wire.Failed, NUMBER, KINDS, TEXT),
    st.builds(wire.Free, NUMBER),
)


@given(st.lists(TO_POOL, max_size=4), st.integers(1, 50))
def test_what_a_process_says_arrives_as_it_was_however_it_was_split(messages, size):
    frames = Frames(wire.for_pool)
    data = b"".join(map(wire.encode, messages))
    read = [message for at in range(0, len(data), size) for message in frames.feed(data[at : at + size])]
    assert read == messages
    assert not frames.truncated


@given(TO_PROCESS)
def test_what_the_pool_says_arrives_as_it_was(message):
    assert wire.for_process(wire.encode(message)[LENGTH.size :]) == message


@given(st.one_of(st.binary(max_size=60), TO_PROCESS.map(lambda message: wire.encode(message)[LENGTH.size :])))
def test_what_is_not_for_the_pool_is_refused(body):
    with pytest.raises(WireError):
        wire.for_pool(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"free"}',
        b'{"type":"free","number":"1"}',
        b'{"type":"failed","number":1,"kind":"cosmic","sentence":"x"}',
        b'{"type":"heard","number":1,"passage":{"start":0.5,"stop":1,"text":"","words":[],"cpu_s":0}}',
        b'{"type":"free","number":1}{}',
    ],
)
def test_messages_with_wrong_fields_are_refused(body):
    with pytest.raises(WireError, match="is none"):
        wire.for_pool(body)


def test_what_is_too_large_for_a_message_is_refused_before_it_is_sent():
    with pytest.raises(WireError, match="at most"):
        wire.encode(wire.Order(1, "/x", "y" * 300_000, None, Options(), 1.0))

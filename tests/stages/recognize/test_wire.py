import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.messages import Transcript, Word
from edged.stages.recognize import wire
from edged.stages.recognize.hotwords import MOST_LETTERS, MOST_PHRASES, parse
from edged.stages.recognize.recognizer import Capabilities, Hotword, Options

NUMBERS = st.integers(0, 2**31)
SECONDS = st.floats(0, 1e6)
TEXTS = st.text(max_size=40)
MESSAGES = st.one_of(
    st.builds(wire.Load, TEXTS, TEXTS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3)),
    st.builds(
        wire.Start,
        NUMBERS,
        st.booleans(),
        st.just(("阿里巴巴", "kitchen light")),
        st.just((20.0, None)),
        TEXTS,
        st.none() | st.booleans(),
        st.none() | st.booleans(),
    ),
    st.builds(wire.Audio, NUMBERS, st.binary(max_size=400).map(lambda data: data[: len(data) // 2 * 2])),
    st.builds(wire.Finish, NUMBERS),
    st.builds(wire.Cancel, NUMBERS),
    st.builds(wire.Ready, TEXTS, TEXTS, TEXTS, st.booleans(), st.just(("en", "zh")), st.booleans(), TEXTS),
    st.builds(wire.Partial, NUMBERS, TEXTS),
    st.builds(
        wire.Final,
        NUMBERS,
        TEXTS,
        st.just(("a", "b")),
        st.just((0.0, 1.5)),
        st.just((1.0, 2.0)),
        SECONDS,
        SECONDS,
    ),
    st.builds(wire.Error, TEXTS, TEXTS, NUMBERS),
    st.builds(wire.Beat, SECONDS),
)


def framed(body: bytes) -> bytes:
    return wire.LENGTH.pack(len(body)) + body


@given(st.lists(MESSAGES, max_size=8), st.lists(st.integers(1, 200), max_size=30))
def test_any_split_of_the_bytes_gives_the_same_messages(messages, sizes):
    data = b"".join(wire.encode(message) for message in messages)
    reader, got = wire.Reader(), []
    for size in sizes:
        got += reader.feed(data[:size])
        data = data[size:]
    got += reader.feed(data)
    assert got == messages
    assert not reader.truncated


@given(MESSAGES, st.data())
def test_a_message_cut_short_is_waited_for(message, data):
    whole = wire.encode(message)
    cut = data.draw(st.integers(1, len(whole) - 1))
    reader = wire.Reader()
    assert reader.feed(whole[:cut]) == []
    assert reader.truncated
    assert reader.feed(whole[cut:]) == [message]


@given(st.binary(max_size=300))
def test_garbage_is_an_error_of_ours_or_a_message(body):
    try:
        messages = wire.Reader().feed(framed(body))
    except wire.WireError:
        return
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"type":"beat","busy_s":NaN}', "NaN"),
        (b"[1]", "not a JSON object"),
        (b"{}", "unknown type None"),
        (b'{"type":["beat"]}', "unknown type"),
        (b'{"type":"explode"}', "unknown type 'explode'"),
        (b'{"type":"audio"}', "unknown type 'audio'"),
        (b'{"type":"audio","utterance":7}\n123', "odd number"),
        (b'{"type":"audio","utterance":}\n12', "no utterance"),
        (b'{"type":"audio","utterance":-1}\n12', "no utterance"),
        (b'{"type":"audio","utterance":1', "no utterance"),
        (b'{"type":"audio","utterance":%b}\n12' % (b"9" * 20), "no utterance"),
        (b'{"type":"start","utterance":1}', "incomplete"),
        (b'{"type":"start","utterance":true,"partials":true}', "utterance is True"),
        (b'{"type":"start","utterance":"1","partials":true}', "utterance is '1'"),
        (b'{"type":"start","utterance":1,"partials":true,"weights":["20"]}', "weights is"),
        (b'{"type":"start","utterance":1,"partials":true,"itn":1}', "itn is 1"),
        (b'{"type":"finish","utterance":1,"now":1}', "unknown field 'now'"),
        (b'{"type":"cancel"}', "incomplete"),
        (b'{"type":"beat","busy_s":"long"}', "busy_s"),
        (b'{"type":"partial","utterance":1,"text":null}', "text is None"),
        (b'{"type":"load","name":"a","family":"b","mode":"c","files":{"tokens":1}}', "files"),
    ],
)
def test_a_message_that_is_none_is_named(body, reason):
    with pytest.raises(wire.WireError, match=reason):
        wire.Reader().feed(framed(body))


def test_a_length_beyond_the_bound_is_refused_before_it_is_read():
    with pytest.raises(wire.WireError, match="at most"):
        wire.Reader().feed(wire.LENGTH.pack(wire.MAX_MESSAGE + 1))


def test_a_message_beyond_the_bound_is_never_sent():
    with pytest.raises(wire.WireError, match="at most"):
        wire.encode(wire.Audio(1, bytes(wire.MAX_MESSAGE)))


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
    (message,) = wire.Reader().feed(wire.encode(wire.Start.of(7, options)))
    assert isinstance(message, wire.Start)
    assert message.options == options


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
    (message,) = wire.Reader().feed(wire.encode(wire.Final.of(utterance, transcript, seconds, seconds)))
    assert isinstance(message, wire.Final)
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
    (message,) = wire.Reader().feed(wire.encode(wire.Ready.of(capabilities)))
    assert isinstance(message, wire.Ready)
    assert message.capabilities == capabilities


def test_the_most_hotwords_there_can_be_fit_into_a_message():
    parsed = parse([f"{chr(0x20000 + n)}" * MOST_LETTERS for n in range(MOST_PHRASES)])
    assert len(parsed.hotwords) == MOST_PHRASES
    weighted = tuple(Hotword(hotword.phrase, 999.123456789) for hotword in parsed.hotwords)
    assert wire.encode(wire.Start.of(1, Options(hotwords=weighted)))


def test_half_a_letter_of_a_client_travels_like_any_other():
    message = wire.Start.of(1, Options(language="\ud800", hotwords=(Hotword("\udfff"),)))
    assert wire.Reader().feed(wire.encode(message)) == [message]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.recognize import answers, requests, wire
from edged.stages.recognize.framing import LENGTH, MAX_MESSAGE, WireError
from edged.stages.recognize.recognizer import Hotword, Options

NUMBERS = st.integers(0, 2**31)
SECONDS = st.floats(0, 1e6)
TEXTS = st.text(max_size=40)
MESSAGES = st.one_of(
    st.builds(requests.Load, TEXTS, TEXTS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3)),
    st.builds(
        requests.Start,
        NUMBERS,
        st.booleans(),
        st.just(("阿里巴巴", "kitchen light")),
        st.just((20.0, None)),
        TEXTS,
        st.none() | st.booleans(),
        st.none() | st.booleans(),
    ),
    st.builds(requests.Audio, NUMBERS, st.binary(max_size=400).map(lambda data: data[: len(data) // 2 * 2])),
    st.builds(requests.Finish, NUMBERS),
    st.builds(requests.Cancel, NUMBERS),
    st.builds(answers.Ready, TEXTS, TEXTS, TEXTS, st.booleans(), st.just(("en", "zh")), st.booleans(), TEXTS),
    st.builds(answers.Partial, NUMBERS, TEXTS),
    st.builds(
        answers.Final,
        NUMBERS,
        TEXTS,
        st.just(("a", "b")),
        st.just((0.0, 1.5)),
        st.just((1.0, 2.0)),
        SECONDS,
        SECONDS,
    ),
    st.builds(answers.Error, TEXTS, TEXTS, NUMBERS),
    st.builds(answers.Beat, SECONDS),
)


def framed(body: bytes) -> bytes:
    return LENGTH.pack(len(body)) + body


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
    except WireError:
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
    with pytest.raises(WireError, match=reason):
        wire.Reader().feed(framed(body))


def test_a_length_beyond_the_bound_is_refused_before_it_is_read():
    with pytest.raises(WireError, match="at most"):
        wire.Reader().feed(LENGTH.pack(MAX_MESSAGE + 1))


def test_a_message_beyond_the_bound_is_never_sent():
    with pytest.raises(WireError, match="at most"):
        wire.encode(requests.Audio(1, bytes(MAX_MESSAGE)))


def test_half_a_letter_of_a_client_travels_like_any_other():
    message = requests.Start.of(1, Options(language="\ud800", hotwords=(Hotword("\udfff"),)))
    assert wire.Reader().feed(wire.encode(message)) == [message]

"""Another machine's recognizer: its texts, and every way in which it can let us down."""

import threading

import pytest

from edged.errors import ConfigError
from edged.stages.recognize.exchange import Address, address
from edged.stages.recognize.recognizer import Final, Lost, Options
from edged.stages.recognize.remote import WyomingRecognizer
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.test_process import Replies
from tests.stages.recognize.wyoming_server import Server, text_of

PCM = tiny_ctc.sound(1, 1.5)


@pytest.fixture
def replies():
    return Replies()


@pytest.fixture
def serve():
    open_now = []

    def serve(**how):
        open_now.append(Server(**how))
        return open_now[-1]

    yield serve
    for server in open_now:
        server.close()


@pytest.fixture
def make(replies):
    open_now = []

    def make(server, languages=("en",), **how):
        where = address(server.uri) if isinstance(server, Server) else server
        open_now.append(WyomingRecognizer(where, languages, replies, **how))
        return open_now[-1]

    yield make
    for recognizer in open_now:
        recognizer.close()


def say(recognizer, utterance, pcm=PCM, options=Options()):  # noqa: B008 - frozen
    recognizer.start(utterance, options)
    recognizer.accept(utterance, pcm)
    recognizer.finish(utterance)


def test_its_text_comes_with_who_it_was(make, serve, replies):
    server = serve()
    recognizer = make(server)
    say(recognizer, 1)
    final = replies.next(Final)
    assert final.transcript.text == text_of(PCM.tobytes())
    assert (final.ran.provider, final.ran.model, final.ran.family) == ("wyoming", "base", "wyoming")
    assert final.ran.device in server.uri
    assert final.audio_s == 1.5
    assert final.cpu_s == 0  # of this machine


def test_it_is_asked_in_the_language_of_the_model_that_it_stands_in_for(make, serve, replies):
    server = serve(languages=["de", "en-US"])
    recognizer = make(server)
    say(recognizer, 1)
    replies.next(Final)
    assert server.asked == [{"name": "base", "language": "en"}]
    both = make(server, languages=("de", "en"))
    say(both, 2)
    say(both, 3, options=Options(language="de"))
    assert replies.next(Final).utterance == 2
    assert replies.next(Final).utterance == 3
    assert server.asked[1:] == [{"name": "base"}, {"name": "base", "language": "de"}]
    assert server.described == 2


def test_a_server_of_another_language_is_not_taken_and_never_hears_a_word(make, serve, replies):
    server = serve(languages=["de", "fr"])
    say(make(server), 1)
    lost = replies.next(Lost)
    assert lost.code == "remote"
    assert "base (de, fr): none of them speaks all of en" in lost.reason
    assert server.asked == []


@pytest.mark.parametrize(
    ("manner", "sentence"),
    [
        ("error", "sent the error 'out of memory'"),
        ("nonsense", "sent an event that is none"),
        ("number", "sent a transcript without a text"),
        ("hang up", "the server closed the connection"),
        ("silent", "no answer within 0.3 s"),
    ],
)
def test_a_server_that_fails_is_one_sentence_and_the_next_utterance_is_asked_again(
    make, serve, replies, manner, sentence
):
    server = serve(manner=manner)
    recognizer = make(server, answer_s=0.3)
    say(recognizer, 1)
    lost = replies.next(Lost)
    assert (lost.utterance, lost.code) == (1, "remote")
    assert lost.reason.startswith("remote recognizer 127.0.0.1:")
    assert sentence in lost.reason
    server.manner = "answer"
    say(recognizer, 2)
    assert replies.next(Final, Lost).utterance == 2
    assert recognizer.drain(10)


def test_nobody_there_is_one_sentence(make, serve, replies):
    server = Server()
    server.close()
    say(make(server), 1)
    assert replies.next(Lost).reason.endswith("connection refused")


def test_too_many_are_busy_and_a_cancelled_one_is_never_answered(make, serve, replies):
    server = serve(manner="silent")
    recognizer = make(server, depth=2)
    for number in (1, 2, 3):
        say(recognizer, number)
    assert replies.next(Lost) == Lost(3, "remote recognizer is 2 utterances behind", "busy")
    recognizer.cancel(2)
    assert server.told.acquire(timeout=10)  # it is in the middle of the first
    recognizer.cancel(1)
    server.manner = "answer"
    say(recognizer, 4)
    recognizer.cancel(4)
    assert recognizer.drain(10)
    assert len(replies.all) == 1


def test_closing_does_not_wait_for_a_server_that_says_nothing(make, serve, replies):
    server = serve(manner="silent")
    recognizer = make(server)
    say(recognizer, 1)
    assert server.told.acquire(timeout=10)
    recognizer.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "remote recognizer"]
    assert replies.all == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("wyoming:tcp://attic.local:10300", Address(host="attic.local", port=10300)),
        ("wyoming:tcp://[fe80::1]:10300", Address(host="fe80::1", port=10300)),
        ("wyoming:unix:///run/asr", Address(path="/run/asr")),
    ],
)
def test_where_a_server_listens_can_be_said(text, where):
    assert address(text) == where


@pytest.mark.parametrize(
    "text",
    [
        "wyoming:",
        "tcp://a:1",
        "wyoming:tcp://a",
        "wyoming:tcp://a:b",
        "wyoming:tcp://a:1/x",
        "wyoming:unix://x",
    ],
)
def test_where_nobody_can_listen_is_refused(text):
    with pytest.raises(ConfigError, match="allowed: wyoming:tcp://HOST:PORT"):
        address(text)

"""What the process says, and when: in this process, at the other end of a socket."""

import socket

import pytest

from edged.messages import Transcript
from edged.stages.recognize import wire
from edged.stages.recognize.blame import Blame
from edged.stages.recognize.child import Worker
from edged.stages.recognize.link import Link
from edged.stages.recognize.pulse import Pulse
from edged.stages.recognize.recognizer import Capabilities, Options
from edged.stages.recognize.requests import Audio, Cancel, Finish, Start


class Count:
    """A Session that hears how many samples there were."""

    samples = 0

    def accept(self, pcm):
        self.samples += len(pcm)
        return str(self.samples)

    def finish(self):
        return Transcript(str(self.samples))


class Counting:
    """A Decoder of that."""

    capabilities = Capabilities("counting", "none", "streaming", words=False)

    def open(self, options):
        return Count()


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    with ours, theirs:
        yield ours, theirs


def heard(sock) -> list:
    return [(message.KIND, message.text) for message in wire.Reader().feed(sock.recv(4096))]


def said(sock) -> list:
    messages = wire.Reader().feed(sock.recv(4096))
    return [(message.KIND, message.utterance, message.text) for message in messages]


@pytest.fixture
def blame():
    blame = Blame()
    yield blame
    blame.close()


def test_of_audio_that_came_together_only_the_last_partial_is_said(ends, blame):
    ours, theirs = ends
    worker = Worker(Counting(), Link(theirs), Pulse(), blame)
    worker.handle([Start(1, True), Audio(1, bytes(20)), Audio(1, bytes(40))])
    assert heard(ours) == [("partial", "30")]
    worker.handle([Audio(1, bytes(2)), Finish(1)])
    assert heard(ours) == [("final", "31")]


def test_one_is_answered_while_others_are_open_and_each_has_its_own_partial(ends, blame):
    ours, theirs = ends
    pulse = Pulse()
    worker = Worker(Counting(), Link(theirs), pulse, blame)
    both = [Start(1, True), Start(2, True)]
    worker.handle([*both, Audio(2, bytes(8)), Audio(1, bytes(4)), Audio(2, bytes(2))])
    assert said(ours) == [("partial", 2, "5"), ("partial", 1, "2")]
    worker.handle([Audio(2, bytes(2)), Finish(2), Audio(2, bytes(2)), Audio(1, bytes(4))])
    assert said(ours) == [("final", 2, "6"), ("partial", 1, "4")]
    assert pulse.work.is_set()
    worker.handle([Cancel(1), Audio(1, bytes(4)), Finish(1), Cancel(2)])
    assert not pulse.work.is_set()


class Standing(Counting):
    """A Decoder of sessions whose text no longer changes after four samples."""

    def open(self, options):
        class Stands(Count):
            def accept(self, pcm):
                before = self.samples
                super().accept(pcm)
                return "four" if before < 4 <= self.samples else None

        return Stands()


def test_a_text_that_stays_the_same_is_said_again_where_that_is_asked_for(ends, blame):
    ours, theirs = ends
    worker = Worker(Standing(), Link(theirs), Pulse(), blame)
    again = Options(again=True)
    for start in (Start.of(1, Options()), Start.of(2, again)):
        number = start.utterance
        worker.handle([start])
        for samples in (2, 2, 3_200, 3_200):
            worker.handle([Audio(number, bytes(2 * samples))])
        worker.handle([Finish(number)])
    messages = wire.Reader().feed(ours.recv(4096))
    told = [(each.utterance, each.text, each.heard_s) for each in messages if each.KIND == "partial"]
    assert told == [
        (1, "four", 4 / 16_000),
        *((2, "four", heard / 16_000) for heard in (4, 3_204, 6_404)),
    ]


class Choking(Counting):
    """A Decoder of sessions that fail at silence, and remembers who was to blame then."""

    def __init__(self, blame):
        self.blame = blame

    def open(self, options):
        decoder = self

        class Choke(Count):
            def accept(self, pcm):
                decoder.seen = decoder.blame.utterance
                if not pcm.any():
                    raise RuntimeError("Conv: no\nmore of it")
                return super().accept(pcm)

        return Choke()


def test_an_utterance_that_fails_leaves_the_others_open(ends, blame):
    ours, theirs = ends
    worker = Worker(Choking(blame), Link(theirs), Pulse(), blame)
    worker.handle([Start(1, True), Start(2, True), Audio(1, b"\1\0"), Audio(2, bytes(2))])
    worker.handle([Audio(2, bytes(2)), Finish(2), Finish(1)])
    assert said(ours) == [("error", 2, "Conv: no"), ("partial", 1, "1"), ("final", 1, "1")]


def test_who_is_worked_on_stands_in_memory_that_the_daemon_reads(blame):
    decoder = Choking(blame)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker = Worker(decoder, Link(theirs), Pulse(), blame)
        worker.handle([Start(70_000_000_000, False), Start(2, False), Audio(2, b"\1\0")])
        assert (decoder.seen, blame.utterance) == (2, 2)
        worker.handle([Audio(70_000_000_000, b"\1\0")])
        assert decoder.seen == 70_000_000_000
        worker.handle([Finish(2)])
        assert blame.utterance == 0

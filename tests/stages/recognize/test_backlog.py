import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edged.stages.recognize import wire
from edged.stages.recognize.backlog import DEPTH, PIECE_BYTES, Backlog
from edged.stages.recognize.recognizer import Options
from edged.stages.recognize.samples import MAX_SAMPLES

SOUND = np.random.default_rng(0).bytes(4 * MAX_SAMPLES)


class Child:
    """What a process understands of the bytes it is sent, stricter than it is: it may forgive a word too many
    or too few, but then the next utterance hides what went wrong with this one.
    """

    def __init__(self):
        self.reader = wire.Reader()
        self.open = None
        self.heard = b""
        self.finished = {}

    def feed(self, data):
        for message in self.reader.feed(data):
            match message:
                case wire.Start(number):
                    assert self.open is None, "a start into an open utterance"
                    self.open, self.heard = number, b""
                case wire.Audio(pcm):
                    assert self.open is not None, "audio of no utterance"
                    self.heard += pcm
                case wire.Finish():
                    assert self.open is not None, "the end of no utterance"
                    self.finished[self.open] = self.heard
                    self.open = None
                case wire.Cancel():
                    assert self.open is not None, "a cancel of no utterance"
                    self.open = None


class EveryUtteranceArrivesWhole(RuleBasedStateMachine):
    """Whatever is said, cancelled and answered, and whenever the process dies in between."""

    def __init__(self):
        super().__init__()
        self.backlog = Backlog()
        self.child = Child()
        self.number = 0
        self.said = {}  # not cancelled: number -> bytes
        self.open = None

    @rule()
    def start(self):
        if self.open is not None:
            del self.said[self.open]
        self.number += 1
        self.backlog.start(self.number, Options())
        refused = self.number in self.backlog.refused
        assert refused == (len(self.said) >= DEPTH)
        if refused:
            self.backlog.remove(self.number)
        self.open = None if refused else self.number
        if self.open is not None:
            self.said[self.open] = b""

    @rule(size=st.integers(0, 300))
    def accept(self, size):
        data = np.random.default_rng(size).bytes(2 * size)
        self.backlog.accept(data)
        if self.open is not None:
            self.said[self.open] += data

    @rule()
    def finish(self):
        self.backlog.finish()
        self.open = None

    @rule()
    def cancel(self):
        self.backlog.cancel()
        if self.open is not None:
            del self.said[self.open]
        self.open = None

    @rule(size=st.one_of(st.integers(1, 60), st.integers(1, 400)))  # a start has 60 bytes: often cut within
    def send(self, size):
        data = b"".join(self.backlog.sendable())[:size]
        self.child.feed(data)
        self.backlog.sent(len(data))

    @precondition(lambda self: self.child.finished)
    @rule()
    def answer(self):
        number = next(iter(self.child.finished))
        heard = self.child.finished.pop(number)
        if number in self.backlog:
            assert heard == self.said.pop(number)
            self.backlog.remove(number)

    @rule()
    def die(self):
        self.child = Child()
        self.backlog.again()

    @invariant()
    def counts_agree(self):
        assert self.backlog.numbers == list(self.said)
        assert self.backlog.unanswered == any(number != self.open for number in self.said)
        if not self.backlog.sendable():
            assert self.child.open == self.open

    def teardown(self):
        while data := b"".join(self.backlog.sendable()):
            self.child.feed(data)
            self.backlog.sent(len(data))
        whole = {number: heard for number, heard in self.said.items() if number != self.open}
        assert {number: self.child.finished.get(number) for number in whole} == whole
        assert self.child.open == self.open


TestBacklog = EveryUtteranceArrivesWhole.TestCase
TestBacklog.settings = settings(max_examples=150, stateful_step_count=40)


def test_an_utterance_keeps_its_first_thirty_seconds():
    backlog = Backlog()
    backlog.start(1, Options())
    assert backlog.accept(bytes(2 * MAX_SAMPLES - 20)) == 0
    assert backlog.accept(bytes(50)) == 15
    assert backlog.accept(bytes(10)) == 5
    assert backlog.audio_s == 30


def test_audio_of_any_length_is_sent_in_messages_of_a_second_at_most():
    backlog, child = Backlog(), Child()
    backlog.start(1, Options())
    assert backlog.accept(SOUND[: 5 * PIECE_BYTES // 2]) == 0
    backlog.finish()
    data = b"".join(backlog.sendable())
    child.feed(data)
    assert child.finished == {1: SOUND[: 5 * PIECE_BYTES // 2]}
    sizes = [len(each.pcm) for each in wire.Reader().feed(data) if isinstance(each, wire.Audio)]
    assert sizes == [PIECE_BYTES, PIECE_BYTES, PIECE_BYTES // 2]


def test_the_second_death_is_charged_to_the_oldest_utterance_alone():
    backlog = Backlog()
    assert backlog.charge() is None
    backlog.start(1, Options())
    backlog.finish()
    backlog.start(2, Options())
    assert backlog.charge() is None
    assert backlog.charge() == 1
    backlog.remove(1)
    assert backlog.charge() is None
    assert backlog.charge() == 2


@pytest.mark.parametrize("gone", range(1, 400, 13))
def test_a_message_half_sent_when_its_utterance_is_cancelled_is_completed(gone):
    backlog, child = Backlog(), Child()
    backlog.start(1, Options())
    backlog.accept(SOUND[:260])
    backlog.accept(SOUND[:140])
    data = b"".join(backlog.sendable())[:gone]
    child.feed(data)
    backlog.sent(len(data))
    backlog.cancel()
    backlog.start(2, Options())
    backlog.accept(SOUND[:300])
    backlog.finish()
    child.feed(b"".join(backlog.sendable()))
    assert child.finished == {2: SOUND[:300]}

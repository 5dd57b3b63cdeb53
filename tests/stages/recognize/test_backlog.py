import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edged.stages.recognize import wire
from edged.stages.recognize.backlog import DEPTH, LARGEST, Backlog
from edged.stages.recognize.samples import MAX_SAMPLES


class Child:
    """What a process understands of the bytes it is sent."""

    def __init__(self):
        self.reader = wire.Reader()
        self.open = None
        self.heard = b""
        self.finished = {}

    def feed(self, data):
        for message in self.reader.feed(data):
            match message:
                case wire.Start(number, _):
                    self.open, self.heard = number, b""
                case wire.Audio(pcm):
                    assert self.open is not None, "audio of no utterance"
                    self.heard += pcm
                case wire.Finish():
                    assert self.open is not None, "the end of no utterance"
                    self.finished[self.open] = self.heard
                    self.open = None
                case wire.Cancel():
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
        self.backlog.start(self.number, True)
        refused = self.number in self.backlog.refused
        assert refused == (len(self.said) >= DEPTH)
        if refused:
            self.backlog.remove(self.number)
        self.open = None if refused else self.number
        if self.open is not None:
            self.said[self.open] = b""

    @rule(size=st.integers(0, 300))
    def accept(self, size):
        pcm = np.random.default_rng(size).integers(-32768, 32767, size, np.int16)
        self.backlog.accept(pcm)
        if self.open is not None:
            self.said[self.open] += pcm.tobytes()

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

    @rule(size=st.integers(1, 400))
    def send(self, size):
        data = self.backlog.sendable()
        if data is not None:
            self.child.feed(bytes(data[:size]))
            self.backlog.sent(len(data[:size]))

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

    def teardown(self):
        while (data := self.backlog.sendable()) is not None:
            self.child.feed(bytes(data))
            self.backlog.sent(len(data))
        whole = {number: heard for number, heard in self.said.items() if number != self.open}
        assert {number: self.child.finished.get(number) for number in whole} == whole
        assert self.child.open == self.open


TestBacklog = EveryUtteranceArrivesWhole.TestCase
TestBacklog.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_an_utterance_keeps_its_first_thirty_seconds():
    backlog = Backlog()
    backlog.start(1, True)
    assert backlog.accept(np.ones(MAX_SAMPLES - 10, np.int16)) == 0
    assert backlog.accept(np.ones(25, np.int16)) == 15
    assert backlog.accept(np.ones(5, np.int16)) == 5
    assert backlog.audio_s == 30


def test_much_audio_at_once_is_sent_in_messages_that_fit():
    backlog = Backlog()
    backlog.start(1, True)
    backlog.accept(np.ones(3 * LARGEST + 1, np.int16))
    sizes = []
    while (data := backlog.sendable()) is not None:
        sizes.append(len(data))
        backlog.sent(len(data))
    assert len(sizes) == 5
    assert max(sizes) <= wire.MAX_MESSAGE


def test_the_second_death_is_charged_to_the_oldest_utterance_alone():
    backlog = Backlog()
    assert backlog.charge() is None
    backlog.start(1, True)
    backlog.finish()
    backlog.start(2, True)
    assert backlog.charge() is None
    assert backlog.charge() == 1
    backlog.remove(1)
    assert backlog.charge() is None
    assert backlog.charge() == 2

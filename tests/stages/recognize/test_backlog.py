import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edged.geometry import HOP
from edged.stages.recognize import wire
from edged.stages.recognize.backlog import BATCH, DEPTH, Backlog
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
        self.backlog = Backlog(batch=130)
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
TestBacklog.settings = settings(max_examples=150, stateful_step_count=40)


def test_an_utterance_keeps_its_first_thirty_seconds():
    backlog = Backlog(BATCH["streaming"])
    backlog.start(1, True)
    assert backlog.accept(np.ones(MAX_SAMPLES - 10, np.int16)) == 0
    assert backlog.accept(np.ones(25, np.int16)) == 15
    assert backlog.accept(np.ones(5, np.int16)) == 5
    assert backlog.audio_s == 30


@pytest.mark.parametrize("mode", BATCH)
def test_audio_is_sent_in_few_messages_of_one_size(mode):
    backlog = Backlog(BATCH[mode])
    backlog.start(1, True)
    for _ in range(100):
        backlog.accept(np.ones(HOP, np.int16))
    backlog.accept(np.ones(5, np.int16))
    backlog.finish()
    messages = []
    while (data := backlog.sendable()) is not None:
        messages += wire.Reader().feed(bytes(data))
        backlog.sent(len(data))
    sizes = [len(each.pcm) // 2 for each in messages if isinstance(each, wire.Audio)]
    assert sum(sizes) == 100 * HOP + 5
    assert set(sizes[:-1]) == {BATCH[mode]}


def test_the_second_death_is_charged_to_the_oldest_utterance_alone():
    backlog = Backlog(BATCH["streaming"])
    assert backlog.charge() is None
    backlog.start(1, True)
    backlog.finish()
    backlog.start(2, True)
    assert backlog.charge() is None
    assert backlog.charge() == 1
    backlog.remove(1)
    assert backlog.charge() is None
    assert backlog.charge() == 2


@pytest.mark.parametrize("gone", range(1, 400, 13))
def test_a_message_half_sent_when_its_utterance_is_cancelled_is_completed(gone):
    backlog, child = Backlog(batch=130), Child()
    backlog.start(1, True)
    backlog.accept(np.ones(200, np.int16))
    while gone and (data := backlog.sendable()) is not None:
        piece = bytes(data[:gone])
        child.feed(piece)
        backlog.sent(len(piece))
        gone -= len(piece)
    backlog.cancel()
    backlog.start(2, True)
    backlog.accept(np.full(150, 7, np.int16))
    backlog.finish()
    while (data := backlog.sendable()) is not None:
        child.feed(bytes(data))
        backlog.sent(len(data))
    assert child.finished == {2: np.full(150, 7, np.int16).tobytes()}

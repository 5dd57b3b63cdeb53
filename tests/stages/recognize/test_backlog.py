import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edged.stages.recognize import wire
from edged.stages.recognize.backlog import PIECE_BYTES, Backlog
from edged.stages.recognize.recognizer import Options
from edged.stages.recognize.requests import Audio, Cancel, Finish, Start
from edged.stages.recognize.samples import MAX_SAMPLES

SOUND = np.random.default_rng(0).bytes(4 * MAX_SAMPLES)
DEPTH = 4
MAX_BYTES = 3000


class Child:
    """What a process understands of the bytes it is sent, stricter than it is: it may forgive a word too many
    or too few, but then the next utterance hides what went wrong with this one.
    """

    def __init__(self):
        self.reader = wire.Reader()
        self.open = {}
        self.finished = {}

    def feed(self, data):
        for message in self.reader.feed(data):
            if isinstance(message, Start):
                assert message.utterance not in self.open, "a start into an open utterance"
                self.open[message.utterance] = b""
                continue
            assert message.utterance in self.open, f"a message {message.KIND} of no utterance"
            match message:
                case Audio(number, pcm):
                    self.open[number] += pcm
                case Finish(number):
                    self.finished[number] = self.open.pop(number)
                case Cancel(number):
                    del self.open[number]


class EveryUtteranceArrivesWhole(RuleBasedStateMachine):
    """Whatever is said, cancelled and answered, of whichever utterance, and whenever the process dies."""

    def __init__(self):
        super().__init__()
        self.backlog = Backlog(DEPTH, MAX_BYTES)
        self.child = Child()
        self.number = 0
        self.said = {}  # neither refused nor cancelled: number -> bytes
        self.closed = set()

    def pick(self, data, numbers):
        return data.draw(st.sampled_from(sorted(numbers)))

    def told_refused(self):
        """As the daemon is told: an utterance that was refused is forgotten."""
        for number, why in self.backlog.refused.items():
            assert "behind" in why
            self.said.pop(number, None)
            self.backlog.remove(number)

    @rule()
    def start(self):
        self.number += 1
        self.backlog.start(self.number, Options())
        refused = self.number in self.backlog.refused
        assert refused == (len(self.said) >= DEPTH)
        if not refused:
            self.said[self.number] = b""
        self.told_refused()

    @precondition(lambda self: self.number)
    @rule(data=st.data(), size=st.integers(0, 300))
    def accept(self, data, size):
        number = data.draw(st.integers(1, self.number + 1))  # some are unknown or over
        sound = np.random.default_rng(size).bytes(2 * size)
        held = sum(map(len, self.said.values()))
        assert self.backlog.accept(number, sound) == 0
        if number not in self.said or number in self.closed:
            assert not self.backlog.refused
        elif held + len(sound) > MAX_BYTES:
            assert list(self.backlog.refused) == [number]
        else:
            self.said[number] += sound
        self.told_refused()

    @precondition(lambda self: self.number)
    @rule(data=st.data())
    def finish(self, data):
        number = data.draw(st.integers(1, self.number + 1))
        self.backlog.finish(number)
        if number in self.said:
            self.closed.add(number)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def cancel(self, data):
        number = self.pick(data, self.said)
        self.backlog.remove(number)
        del self.said[number]

    @rule(size=st.one_of(st.integers(1, 60), st.integers(1, 400)))  # a start has 60 bytes: often cut within
    def send(self, size):
        data = b"".join(self.backlog.sendable())[:size]
        self.child.feed(data)
        self.backlog.sent(len(data))

    @precondition(lambda self: self.child.finished)
    @rule(data=st.data())
    def answer(self, data):
        number = self.pick(data, self.child.finished)
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
        assert self.backlog.unanswered == any(number in self.closed for number in self.said)
        assert self.backlog.bytes_held == sum(map(len, self.said.values()))
        if not self.backlog.sendable():
            assert self.child.open.keys() == self.said.keys() - self.closed

    def teardown(self):
        while data := b"".join(self.backlog.sendable()):
            self.child.feed(data)
            self.backlog.sent(len(data))
        whole = {number: heard for number, heard in self.said.items() if number in self.closed}
        assert {number: self.child.finished.get(number) for number in whole} == whole
        assert self.child.open == {number: self.said[number] for number in self.said.keys() - whole.keys()}


TestBacklog = EveryUtteranceArrivesWhole.TestCase
TestBacklog.settings = settings(max_examples=150, stateful_step_count=40)


def sent(backlog, reader, size=None):
    """Send, and return the messages that arrived whole."""
    data = b"".join(backlog.sendable())[:size]
    backlog.sent(len(data))
    return reader.feed(data)


def test_an_utterance_keeps_its_first_thirty_seconds():
    backlog = Backlog()
    backlog.start(1, Options())
    assert backlog.accept(1, bytes(2 * MAX_SAMPLES - 20)) == 0
    assert backlog.accept(1, bytes(50)) == 15
    assert backlog.accept(1, bytes(10)) == 5
    assert backlog.audio_s(1) == 30


def test_audio_of_any_length_is_sent_in_messages_of_a_second_at_most():
    backlog, child = Backlog(), Child()
    backlog.start(1, Options())
    assert backlog.accept(1, SOUND[: 5 * PIECE_BYTES // 2]) == 0
    backlog.finish(1)
    data = b"".join(backlog.sendable())
    child.feed(data)
    assert child.finished == {1: SOUND[: 5 * PIECE_BYTES // 2]}
    sizes = [len(each.pcm) for each in wire.Reader().feed(data) if isinstance(each, Audio)]
    assert sizes == [PIECE_BYTES, PIECE_BYTES, PIECE_BYTES // 2]


def test_one_that_uploads_quickly_and_one_that_speaks_take_turns():
    backlog, reader = Backlog(), wire.Reader()
    backlog.start(1, Options())
    backlog.accept(1, bytes(20 * PIECE_BYTES))
    assert len(sent(backlog, reader, 3 * PIECE_BYTES)) == 3
    backlog.start(2, Options())
    for _ in range(3):
        backlog.accept(2, bytes(PIECE_BYTES))
    backlog.finish(2)
    numbers = [message.utterance for message in sent(backlog, reader)[1:]]  # the first was on its way
    assert numbers[:10] == [1, 2] * 5
    assert all(one == 1 for one in numbers[10:])
    assert sum(one == 1 for one in numbers) >= 15


def test_what_is_behind_is_told_in_utterances_or_in_seconds():
    backlog = Backlog(depth=2, max_bytes=10 * PIECE_BYTES)
    for number in (1, 2, 3):
        backlog.start(number, Options())
    assert backlog.refused == {3: "recognizer is 2 utterances behind"}
    backlog.accept(1, bytes(8 * PIECE_BYTES))
    assert backlog.accept(2, bytes(3 * PIECE_BYTES)) == 0
    assert backlog.refused[2] == "recognizer is 8 s of audio behind"
    assert backlog.bytes_held == 8 * PIECE_BYTES
    backlog.accept(1, bytes(2 * PIECE_BYTES))
    backlog.finish(1)
    assert [message.KIND for message in sent(backlog, wire.Reader())] == ["start", *["audio"] * 10, "finish"]


def test_the_second_death_is_charged_to_the_utterance_that_was_worked_on_and_to_no_other():
    backlog = Backlog()
    for number in (1, 2):
        backlog.start(number, Options())
        backlog.finish(number)
    assert [backlog.charge(number) for number in (2, 1, 7, 2)] == [False, False, False, True]
    backlog.remove(2)
    assert [backlog.charge(number) for number in (2, 1)] == [False, True]


@pytest.mark.parametrize("gone", range(1, 600, 13))
def test_a_message_half_sent_when_its_utterance_is_cancelled_is_completed(gone):
    backlog, child = Backlog(), Child()
    backlog.start(1, Options())
    backlog.accept(1, SOUND[:260])
    backlog.accept(1, SOUND[:140])
    data = b"".join(backlog.sendable())[:gone]
    child.feed(data)
    backlog.sent(len(data))
    backlog.remove(1)
    backlog.start(2, Options())
    backlog.accept(2, SOUND[:300])
    backlog.finish(2)
    child.feed(b"".join(backlog.sendable()))
    assert child.finished == {2: SOUND[:300]}
    assert not child.open


def test_utterances_are_sent_again_whole_to_a_new_process():
    backlog = Backlog()
    for number in (1, 2):
        backlog.start(number, Options())
        backlog.accept(number, SOUND[number : 300 + number])
    sent(backlog, wire.Reader(), 500)
    backlog.remove(1)
    backlog.again()
    child = Child()
    child.feed(b"".join(backlog.sendable()))
    assert child.open == {2: SOUND[2:302]}

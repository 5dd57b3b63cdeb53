"""One recognizer serves many streams, and each hears only of its own utterances."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from edged.errors import RecognizerDied
from edged.runtime.exchange import Exchange, Line
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.recognizer import Final, OnReply, Options, Restarted

SOUND = np.ones(160, np.int16)


class Switched:
    """An exchange over a fake recognizer, and what each of its lines was told."""

    def __init__(self) -> None:
        self.opened: list[FakeRecognizer] = []
        self.exchange = Exchange(self._open)

    def _open(self, on_reply: OnReply) -> FakeRecognizer:
        self.opened.append(FakeRecognizer(on_reply, texts=tuple(map(str, range(1, 1000)))))
        return self.opened[-1]

    def line(self) -> tuple[Line, list]:
        told: list = []
        return self.exchange.line(told.append), told


def test_each_line_counts_its_own_utterances():
    switched = Switched()
    (one, of_one), (two, of_two) = switched.line(), switched.line()
    one.start(1, Options())
    two.start(1, Options())
    two.accept(1, SOUND)
    one.finish(1)
    two.finish(1)
    assert [type(reply).__name__ for reply in of_one] == ["Partial", "Final"]
    assert [reply.utterance for reply in of_one + of_two] == [1, 1, 1, 1]
    assert [reply.transcript.text for reply in (of_one[-1], of_two[-1])] == ["1", "2"]
    assert of_two[-1].audio_s == len(SOUND) / 16_000
    assert one.drain(0)
    assert two.drain(0)


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["start", "accept", "finish", "cancel"]))))
def test_a_line_is_told_exactly_what_it_finished(steps):
    switched = Switched()
    lines = [switched.line() for _ in range(3)]
    count, finished = [0, 0, 0], [[], [], []]
    still: list[int | None] = [None, None, None]
    for which, verb in steps:
        line = lines[which][0]
        if verb == "start":
            if still[which] is not None:
                line.cancel(still[which])
            count[which] += 1
            still[which] = count[which]
            line.start(count[which], Options())
        elif still[which] is not None:
            if verb == "accept":
                line.accept(still[which], SOUND)
                continue
            if verb == "finish":
                line.finish(still[which])
                finished[which].append(still[which])
            else:
                line.cancel(still[which])
            still[which] = None
    for (_, told), expected in zip(lines, finished, strict=True):
        assert [reply.utterance for reply in told if isinstance(reply, Final)] == expected


def test_a_closed_line_cancels_what_it_left_open():
    switched = Switched()
    line, told = switched.line()
    line.start(1, Options())
    line.close()
    assert switched.opened[0].open == set()
    assert told == []
    assert switched.exchange.lines == 0


def test_a_new_process_concerns_every_line():
    switched = Switched()
    (_, of_one), (_, of_two) = switched.line(), switched.line()
    switched.opened[0].on_reply(Restarted("it hung"))
    assert of_one == of_two == [Restarted("it hung")]


def test_the_recognizer_is_opened_once_and_rests_when_nobody_speaks():
    switched = Switched()
    line, _ = switched.line()
    switched.line()[0].close()
    switched.exchange.rest(0)
    assert len(switched.opened) == 1
    line.close()
    switched.exchange.rest(1e6)  # not that long
    line, _ = switched.line()
    assert len(switched.opened) == 1
    line.close()
    switched.exchange.rest(0)
    switched.line()
    assert len(switched.opened) == 2


def test_one_that_cannot_load_is_tried_again_by_the_next_line():
    told: list = []
    tries = iter([RecognizerDied("it ended while it loaded"), None])

    def open_one(on_reply: OnReply) -> FakeRecognizer:
        if (failure := next(tries)) is not None:
            raise failure
        return FakeRecognizer(on_reply)

    exchange = Exchange(open_one)
    with pytest.raises(RecognizerDied):
        exchange.line(told.append)
    line = exchange.line(told.append)
    line.start(1, Options())
    line.finish(1)
    assert isinstance(told[-1], Final)

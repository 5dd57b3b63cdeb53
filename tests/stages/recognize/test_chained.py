"""Several recognizers as one: an utterance that one loses is answered whole by the next."""

import os
import queue
import signal
import threading
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from edged.backends.verdict import Hopeless
from edged.errors import ModelError, ProviderUnavailable, RecognizerDied
from edged.geometry import HOP
from edged.messages import Transcript
from edged.stages.recognize.chained import ChainedRecognizer
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Capabilities, Final, Lost, Options, Partial, Switched
from edged.stages.recognize.rung import LOSSES, Rung
from edged.stages.recognize.strain import REST_S
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.test_process import Replies


@dataclass
class Planned(FakeRecognizer):
    """Loses what it is told to, and takes as long as it is told to."""

    loses: dict[int, str] = field(default_factory=dict)
    """Utterance to the code of its loss; 0: all."""
    rtf: float = 0.0
    closed: bool = False

    def finish(self, utterance):
        if utterance not in self.open:
            return
        code = self.loses.get(utterance, self.loses.get(0))
        audio_s = sum(map(len, self.heard[utterance])) / 16_000
        self.open.remove(utterance)
        if code:
            self.on_reply(Lost(utterance, f"{self.texts[0]} is {code}", code))
        else:
            text = Transcript(self.texts[0])
            self.on_reply(Final(utterance, text, cpu_s=self.rtf * audio_s, audio_s=audio_s))

    def close(self):
        super().close()
        self.closed = True


class Told(Replies):
    """Replies of which changes are kept apart: they come from another thread than texts."""

    def __init__(self):
        super().__init__()
        self._changes = queue.Queue()

    def __call__(self, reply):
        if isinstance(reply, Switched):
            self.all.append(reply)
            self._changes.put(reply)
        else:
            super().__call__(reply)

    def change(self) -> Switched:
        """The next change."""
        return self._changes.get(timeout=20)


class Desk:
    """A chain of planned recognizers on a clock of its own."""

    def __init__(self):
        self.replies = Told()
        self.now = 0.0
        self.celsius = None
        self.made = {}
        self.refuses = {}
        self.chain = None

    def rung(self, name, kind):
        def open_one(on_reply):
            if name in self.refuses:
                raise self.refuses[name]
            capabilities = Capabilities(name, "fake", "streaming", words=False, provider=name)
            self.made.setdefault(name, []).append(Planned(on_reply, (name,), capabilities))
            return self.made[name][-1]

        return Rung(name, kind, open_one)

    def open(self, *rungs, **how):
        self.chain = ChainedRecognizer(
            [self.rung(*rung) for rung in rungs],
            self.replies,
            lambda: self.celsius,
            clock=lambda: self.now,
            **how,
        )
        return self.chain

    def last(self, name) -> Planned:
        return self.made[name][-1]

    def say(self, utterance, seconds=2.0):
        self.chain.start(utterance, Options())
        pcm = tiny_ctc.sound(utterance, seconds)
        for at in range(0, len(pcm), HOP):
            self.chain.accept(utterance, pcm[at : at + HOP])
        self.chain.finish(utterance)
        return pcm

    def answer(self, utterance):
        """Who answered an utterance that is said now."""
        self.say(utterance)
        reply = self.replies.next(Final, Lost)
        assert reply.utterance == utterance
        return reply.transcript.text if isinstance(reply, Final) else reply


NPU, CPU, SMALL, REMOTE = ("npu", "accelerated"), ("cpu", "usual"), ("small", "smaller"), ("far", "remote")


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    if desk.chain is not None:
        desk.chain.close()


def test_what_one_loses_the_next_answers_whole_and_says_who_it_was(desk):
    desk.open(CPU, SMALL, REMOTE)
    desk.last("cpu").loses = {1: "decode"}
    pcm = desk.say(1)
    final = desk.replies.next(Final, Lost)
    assert (final.ran.provider, final.transcript.text) == ("small", "small")
    assert np.array_equal(np.concatenate(desk.last("small").heard[1]), pcm)
    assert desk.answer(2) == "cpu"  # one bad utterance is no reason to ask another
    assert desk.replies.of(Switched) == []


def test_an_utterance_that_is_still_spoken_when_it_is_lost_is_heard_to_its_end_by_the_next(desk):
    desk.open(CPU, REMOTE)
    pcm = tiny_ctc.sound(1, 2.0)
    desk.chain.start(1, Options())
    desk.chain.accept(1, pcm[:9000])
    desk.last("cpu").on_reply(Lost(1, "died twice", "died"))
    desk.chain.accept(1, pcm[9000:])
    desk.chain.finish(1)
    assert desk.replies.next(Final).transcript.text == "far"
    assert np.array_equal(np.concatenate(desk.last("far").heard[1]), pcm)
    assert desk.chain.drain(10)


def test_what_all_lose_is_lost_once_with_the_last_reason(desk):
    desk.open(CPU, SMALL, REMOTE)
    desk.last("cpu").loses = {0: "decode"}
    assert desk.answer(1) == "small"
    desk.refuses = {"small": ModelError("small: no such file"), "far": ModelError("far: nobody there")}
    lost = desk.answer(2)
    assert (lost.utterance, lost.reason) == (2, "far: nobody there")
    assert desk.chain.drain(1)


def test_one_that_loses_three_in_a_row_is_not_asked_for_a_while_and_comes_back(desk):
    desk.open(CPU, REMOTE)
    desk.last("cpu").loses = {0: "died"}
    assert [desk.answer(number) for number in range(1, LOSSES + 1)] == ["far"] * LOSSES
    switched = desk.replies.change()
    assert (switched.from_, switched.to, switched.worse) == ("cpu", "far", True)
    assert switched.reason == "cpu is died"
    said = len(desk.last("cpu").heard)
    assert desk.answer(10) == "far"
    assert len(desk.last("cpu").heard) == said
    desk.last("cpu").loses = {}
    desk.now = 31.0
    assert desk.answer(11) == "far"  # which makes the chain look
    back = desk.replies.change()
    assert (back.from_, back.to, back.worse) == ("far", "cpu", False)
    assert desk.answer(12) == "cpu"
    assert len(desk.replies.of(Switched)) == 2


def test_three_texts_slower_than_their_sound_ask_the_smaller_model_until_it_is_calm(desk):
    desk.open(CPU, SMALL)
    desk.last("cpu").rtf = 1.5
    assert [desk.answer(number) for number in (1, 2, 3)] == ["cpu"] * 3
    switched = desk.replies.change()
    assert (switched.from_, switched.to, switched.worse) == ("cpu", "small", True)
    assert "3 texts in a row took longer than their sound, 1.5 times" in switched.reason
    small = desk.last("small")
    desk.now = REST_S - 1
    assert desk.answer(4) == "small"
    desk.now = REST_S + 1
    assert desk.answer(5) == "small"
    back = desk.replies.change()
    assert (back.from_, back.to, back.worse) == ("small", "cpu", False)
    assert "no trouble for 61 s" in back.reason
    assert desk.answer(6) == "cpu"
    assert len(desk.replies.of(Switched)) == 2
    desk.chain.close()
    assert small.closed


def test_where_nobody_waits_slow_texts_are_no_reason(desk):
    desk.open(CPU, SMALL, hurried=False)
    desk.last("cpu").rtf = 5.0
    assert [desk.answer(number) for number in range(1, 7)] == ["cpu"] * 6
    assert "small" not in desk.made


def test_a_busy_recognizer_hands_on_at_once(desk):
    desk.open(CPU, SMALL)
    desk.last("cpu").loses = {1: "busy"}
    assert desk.answer(1) == "small"
    assert "too many utterances" in desk.replies.change().reason
    assert desk.answer(2) == "small"


def test_heat_asks_the_smaller_model_and_a_degree_less_does_not_take_it_back(desk):
    desk.open(CPU, SMALL, smaller_above_c=80.0)
    desk.celsius = 81.0
    assert desk.answer(1) == "cpu"
    assert "81 °C" in desk.replies.change().reason
    desk.celsius, desk.now = 79.0, REST_S + 1
    assert desk.answer(2) == "small"
    assert desk.answer(3) == "small"
    desk.celsius = 70.0
    assert desk.answer(4) == "small"
    assert desk.replies.change().to == "cpu"


def test_a_smaller_model_that_does_not_load_changes_nothing(desk, caplog):
    desk.open(CPU, SMALL)
    desk.refuses = {"small": RecognizerDied("recognizer process was ended by SIGSEGV")}
    desk.last("cpu").loses = {2: "busy"}
    assert desk.answer(1) == "cpu"
    lost = desk.answer(2)
    assert (lost.utterance, "SIGSEGV" in lost.reason) == (2, True)
    assert desk.answer(3) == "cpu"
    assert desk.replies.of(Switched) == []
    assert "small cannot be asked" in caplog.text


def test_an_accelerator_that_cannot_serve_is_said_once_and_the_cpu_does(desk):
    desk.refuses = {"npu": Hopeless("npu", "not built for RKNN")}
    desk.open(NPU, CPU)
    assert desk.replies.all == []  # nobody listens yet
    desk.now = 1e6
    assert desk.answer(1) == "cpu"
    assert desk.replies.change() == Switched("npu", "cpu", "not built for RKNN", worse=True)
    assert desk.answer(2) == "cpu"
    assert len(desk.replies.of(Switched)) == 1


def test_an_accelerator_is_left_at_its_first_loss_and_tried_again_later(desk):
    desk.open(NPU, CPU)
    assert desk.answer(1) == "npu"
    assert "cpu" not in desk.made  # its memory is not taken before it is needed
    desk.last("npu").loses = {2: "died"}
    assert desk.answer(2) == "cpu"
    assert desk.replies.change().to == "cpu"
    desk.now = 31.0
    assert desk.answer(3) == "cpu"
    assert desk.replies.change().to == "npu"
    assert desk.answer(4) == "npu"


def test_a_usual_recognizer_that_cannot_be_opened_is_an_error_at_the_start(desk):
    desk.refuses = {"cpu": ProviderUnavailable("sherpa-onnx", "does not import")}
    with pytest.raises(ProviderUnavailable, match="does not import"):
        desk.open(CPU, REMOTE)
    assert not [thread for thread in threading.enumerate() if thread.name == "recognizers"]


def test_nothing_is_said_of_an_utterance_that_is_cancelled_while_the_next_one_loads(desk):
    gate, loads = threading.Event(), threading.Event()
    desk.open(CPU, SMALL)
    rung = desk.chain._ladder.rungs[1]
    usual = rung.open

    def slowly(on_reply):
        loads.set()
        assert gate.wait(10)
        return usual(on_reply)

    rung.open = slowly
    desk.last("cpu").loses = {1: "decode"}
    desk.say(1)
    assert loads.wait(10)
    desk.chain.cancel(1)
    gate.set()
    assert desk.answer(2) == "cpu"
    assert [reply.utterance for reply in desk.replies.all] == [2]


def test_two_that_die_for_real_are_answered_by_each_other(tmp_path):
    """A process that dies twice of an utterance, and a second model that hears it all."""
    replies = Replies()
    model = tiny_ctc.make(tmp_path / "usual")
    other = replace(tiny_ctc.make(tmp_path / "small"), name="small")
    chain = ChainedRecognizer(
        [
            Rung("cpu", "usual", lambda on_reply: ChildRecognizer(model, on_reply, "streaming")),
            Rung("small", "smaller", lambda on_reply: ChildRecognizer(other, on_reply, "offline")),
        ],
        replies,
    )
    try:
        pcm = tiny_ctc.sound(1, 2.4)
        chain.start(1, Options())
        chain.accept(1, pcm[:20_000])
        usual = chain._ladder.rungs[0].recognizer
        for name in ("SIGKILL", "SIGSEGV"):
            replies.next(Partial)
            os.kill(usual.pid, signal.Signals[name])
        chain.accept(1, pcm[20_000:])
        chain.finish(1)
        final = replies.next(Final)
        assert final.ran.model == "small"
        assert final.audio_s == pytest.approx(2.4)
        assert final.transcript.text
    finally:
        chain.close()

"""Whatever is heard, lost and changed: each command ends once, is answered once, and none overlaps others."""

from collections import Counter

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edged.backends.fake import FakeFeatures, FakeHeads
from edged.config.schema import Config, Heads, Listen
from edged.geometry import HOP, SAMPLE_RATE
from edged.messages import Frame, Transcript
from edged.runtime.chains import Chains
from edged.stages.recognize import recognizer as recognizing
from edged.stages.recognize.fake import FakeRecognizer
from tests.runtime.test_listening import LOUD, QUIET, WORDS, Room

NAMES = [word.name for word in WORDS]
ANSWERS = ("final", "lost", "cancelled")
TEXTS = st.sampled_from(["turn on the light", "stop", ""])


class Scripted(FakeRecognizer):
    """Answers what the test says, when it says so; of what was cancelled it says nothing."""

    def __init__(self, on_reply) -> None:
        super().__init__(on_reply)
        self.finished: list[int] = []

    def finish(self, utterance: int) -> None:
        if utterance in self.open:
            self.open.remove(utterance)
            self.finished.append(utterance)

    def drain(self, timeout_s: float) -> bool:
        return not self.finished

    def answer(self, which: int, text: str | None) -> None:
        utterance = self.finished.pop(which % len(self.finished))
        if text is None:
            self.on_reply(recognizing.Lost(utterance, "died twice"))
        else:
            self.on_reply(recognizing.Final(utterance, Transcript(text), 0.0, 1.0))

    def lose(self, utterance: int) -> None:
        self.open.remove(utterance)
        self.on_reply(recognizing.Lost(utterance, "8 utterances behind", "busy"))


class Played(Room):
    """A room whose scores are planned hop by hop while it hears."""

    def __init__(self, **listen: object) -> None:
        self.scores: list[list[float]] = [[0.0] * len(NAMES)]
        self.texts, self.live = (), True
        self.heads = Heads(word=WORDS, refractory_s=0.0)
        self.config = Config(heads=self.heads, listen=Listen(**listen))
        self.open_with(Chains(), FakeFeatures(), FakeHeads(NAMES, planned=self.scores))
        self.rng = np.random.default_rng(3)
        self.at = 0
        self.scores.clear()
        self.go_on(6, QUIET, None)  # the first scores of a stream are 0

    def recognize(self) -> Scripted:
        return Scripted(self.commands.replied)

    def go_on(self, hops: int, rms: int, word: str | None) -> None:
        for hop in range(hops):
            self.scores.append([0.9 * (word == name and hop == hops - 1) for name in NAMES])
            pcm = (self.rng.normal(size=HOP) * rms).astype(np.int16)
            self.ear.feed(Frame(self.at, pcm), 0.0)
            self.at += HOP


LISTEN = st.fixed_dictionaries(
    {
        "follow_up_s": st.sampled_from([4.0, 1.5, 0.0]),
        "follow_up_max": st.integers(1, 3),
        "on_wake": st.sampled_from(["ignore", "restart"]),
        "stop_words": st.sampled_from([(), ("stop",)]),
        "stable_s": st.sampled_from([0.0, 0.8]),
        "max_length_s": st.sampled_from([5.0, 15.0]),
        "trailing_silence": st.sampled_from([0.3, 0.7]),
    }
)


class EveryCommandEnds(RuleBasedStateMachine):
    """One stream, and everything that may happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Played(follow_up_s=4.0, on_wake="restart", stop_words=("stop",), trailing_silence=0.3)
        self.recognizer = self.room.recognizer

    @rule(hops=st.integers(1, 12), rms=st.sampled_from([QUIET, LOUD]))
    def hear(self, hops, rms):
        self.room.go_on(hops, rms, None)

    @rule(hops=st.integers(1, 12), rms=st.sampled_from([QUIET, LOUD]), word=st.sampled_from(NAMES))
    def hear_a_word(self, hops, rms, word):
        self.room.go_on(hops, rms, word)

    @rule()
    def say_a_command_to_its_end(self):
        self.room.go_on(1, QUIET, "computer")
        self.room.go_on(12, LOUD, None)
        self.room.go_on(10, QUIET, None)

    @precondition(lambda self: self.recognizer.finished)
    @rule(text=TEXTS | st.none(), which=st.sampled_from([-1, 0]))
    def answer(self, text, which):
        self.recognizer.answer(which, text)

    @rule(hops=st.integers(0, 3))
    def say_a_command_that_is_understood_at_once(self, hops):
        self.say_a_command_to_its_end()
        if self.recognizer.finished:
            self.recognizer.answer(-1, "turn on the light")
        self.room.go_on(hops, QUIET, None)

    @precondition(lambda self: self.recognizer.open)
    @rule(text=TEXTS, heard_s=st.floats(0, 6))
    def say_what_is_understood_so_far(self, text, heard_s):
        self.recognizer.on_reply(recognizing.Partial(max(self.recognizer.open), text, heard_s))

    @precondition(lambda self: self.recognizer.open)
    @rule()
    def refuse(self):
        self.recognizer.lose(max(self.recognizer.open))

    @rule(hops=st.integers(1, 30))
    def lose_sound(self, hops):
        self.room.at += hops * HOP
        self.room.go_on(1, QUIET, None)

    @rule()
    def lose_the_microphone(self):
        self.room.ear.cut("device_lost")

    @rule(listen=LISTEN)
    def read_another_configuration(self, listen):
        self.room.ear.obey(Config(heads=self.room.heads, listen=Listen(**listen)))

    def teardown(self):
        self.room.ear.end("shutdown")
        self.check()
        self.room.commands.finish(0.0)
        began = [n for n, _, body in self.room.events if body.NAME == "listening"]
        assert self.of("endpoint") == Counter(began)
        assert self.of(*ANSWERS) == Counter(began)
        assert sorted(self.room.answered) == began

    def of(self, *names: str) -> Counter[int]:
        """How often each utterance was told one of these."""
        return Counter(n for n, _, body in self.room.events if body.NAME in names)

    def may_follow(self, number: int, start: int) -> bool:
        """Whether a follow-up may begin there: the command before had a text, after silence, and no gap."""
        texts = [body.text for n, _, body in self.room.events if n == number and body.NAME == "final"]
        reasons = [body.reason for n, _, body in self.room.events if n == number and body.NAME == "endpoint"]
        gaps = [sample for _, sample, body in self.room.events if body.NAME == "gap"]
        began = next(at for n, at, body in self.room.events if n == number + 1 and body.NAME == "listening")
        lost = any(start < sample <= began for sample in gaps)
        return any(texts) and reasons == ["silence"] and not lost

    @invariant()
    def check(self):
        open_: int | None = None
        newest = 0
        for number, sample, body in self.room.events:
            assert sample <= self.room.at
            if body.NAME == "listening":
                assert open_ is None, "two commands are open"
                assert number == newest + 1
                open_ = newest = number
                assert sample - body.start_sample <= 30 * SAMPLE_RATE
                assert body.cause == "wake" or self.may_follow(number - 1, body.start_sample)
            elif body.NAME == "endpoint":
                assert number == open_
                open_ = None
        assert (open_ is not None) == self.room.ear.in_command
        assert self.recognizer.open <= ({open_} if open_ else set()), "the recognizer waits for what is over"
        for names in (("endpoint",), ANSWERS):
            assert set(self.of(*names).values()) <= {1}


TestEveryCommandEnds = EveryCommandEnds.TestCase
TestEveryCommandEnds.settings = settings(max_examples=100, stateful_step_count=30)

"""What begins a command, cancels it and follows it: words, stop words, a second wake word, no wake word."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.backends.backend import FeatureBackend
from edged.backends.fake import FakeFeatures, FakeHeads, FakeVad
from edged.catalog.manifest import Model
from edged.config.schema import Config, Heads, Listen, Word
from edged.geometry import HOP, SAMPLE_RATE
from edged.messages import Activation, Body, Cancelled, Endpoint, Final, Listening, Lost, Partial, Suppressed
from edged.runtime.chains import Chains
from edged.runtime.commands import Commands
from edged.runtime.ear import Ear
from edged.runtime.kit import Kit, Scorers
from edged.runtime.timing import StageTimes
from edged.runtime.words import Wake
from edged.stages.features.quiet_room import quiet_room
from edged.stages.heads.rule import rule_of
from edged.stages.recognize import recognizer as recognizing
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.recognizer import Options
from tests.runtime.test_ear import Rig

WORDS = (Word(name="computer"), Word(name="robot"), Word(name="halt", role="stop"))
WAKE, LAG = 12, 160 * SAMPLE_RATE // 1000

Plan = dict[int, str]
"""Which word's score passes its threshold at which hop, counted from 1."""


class Room(Rig):
    """An ear on fakes that knows two wake words and a stop word; what is heard and said is planned."""

    def __init__(
        self, plan: Plan, texts=("turn on the light",), live: bool = False, **listen: object
    ) -> None:
        self.texts, self.live = texts, live
        self.heads = Heads(word=WORDS, refractory_s=0.0)
        self.config = Config(heads=self.heads, listen=Listen(**listen))
        names = [word.name for word in WORDS]
        scores = [[0.9 * (plan.get(hop) == name) for name in names] for hop in range(1, 1000)]
        self.open_with(Chains(), FakeFeatures(), FakeHeads(names, planned=scores))

    def open_with(self, chains: Chains, features: FeatureBackend, heads: FakeHeads) -> None:
        wakes = tuple(Wake(rule_of(word, self.heads, 160), at) for at, word in enumerate(WORDS))
        head = Model("computer", "head", Path(), {}, licence="none", source="planned")
        models = {word.name: head for word in WORDS}
        scorers = Scorers(features, heads, quiet_room(features.stream()), models, chains)
        self.kit = Kit(scorers, FakeVad(), wakes, None, ())
        self.events: list[tuple[int | None, int, Body]] = []
        self.answered: list[int] = []
        times = StageTimes()
        self.commands = Commands("mic", self._emit, times, self.answered.append)
        self.recognizer = self.recognize()
        self.commands.attach(self.recognizer)
        self.ear = Ear("mic", self.kit, self.config, self._emit, self.commands, times, live=self.live)

    def recognize(self) -> FakeRecognizer:
        return FakeRecognizer(self.commands.replied, texts=self.texts)

    def hear(self, *plan: tuple[float, int]) -> None:
        """Seconds of noise of an rms each, fed hop by hop."""
        rng = np.random.default_rng(1)
        pcm = np.concatenate([(rng.normal(size=round(s * SAMPLE_RATE)) * rms) for s, rms in plan])
        for at in range(0, len(pcm) // HOP * HOP, HOP):
            self.feed(pcm[at : at + HOP].astype(np.int16), start=self.fed * HOP)
            self.fed += 1

    fed = 0

    def told(self, utterance: int) -> list[str]:
        return [body.NAME for n, _, body in self.events if n == utterance]


LOUD, QUIET = 3000, 10


def one_answered(after: float = 8.0) -> list[tuple[float, int]]:
    """The wake word, a command of a second, and silence: the endpoint is at 2.96 s."""
    return [(0.96, QUIET), (0.4, QUIET), (1.0, LOUD), (after, QUIET)]


# --- follow-up ---


def test_after_a_text_another_command_needs_no_wake_word():
    room = Room({WAKE: "computer"}, texts=("turn on the light", "and the radio"), follow_up_s=4)
    room.hear(*one_answered(1.5), (1.0, LOUD), (2.0, QUIET))
    assert [body.cause for body in room.of(Listening)][:2] == ["wake", "follow_up"]
    assert [body.text for body in room.of(Final)] == ["turn on the light", "and the radio"]
    assert room.told(2) == ["listening", "endpoint", "partial", "final"]
    assert len(room.of(Activation)) == 1


def test_without_the_option_each_command_needs_its_wake_word():
    room = Room({WAKE: "computer"})
    room.hear(*one_answered(1.5), (1.0, LOUD), (2.0, QUIET))
    assert len(room.of(Listening)) == 1


def test_a_follow_up_in_which_nobody_speaks_ends_without_a_word_to_the_recognizer():
    room = Room({WAKE: "computer"}, follow_up_s=4)
    room.hear(*one_answered())
    assert room.told(2) == ["listening", "endpoint", "cancelled"]
    assert room.of(Endpoint)[1] == Endpoint("no_speech")
    assert room.of(Cancelled) == [Cancelled("no_speech")]
    assert sorted(room.recognizer.heard) == [1]
    assert room.answered == [1, 2]
    lasted = [at for n, at, body in room.events if n == 2 and isinstance(body, Endpoint)]
    start = room.of(Listening)[1].start_sample
    assert lasted[0] - start == pytest.approx(4 * SAMPLE_RATE, abs=HOP)


def test_a_follow_up_begins_where_the_command_ended_and_is_heard_whole():
    room = Room({WAKE: "computer"}, texts=("a", "b"), follow_up_s=4, trailing_silence=0.3)
    room.hear(*one_answered(0.48), (1.0, LOUD), (2.0, QUIET))
    first, second, *_ = room.of(Listening)
    assert second.start_sample == first.start_sample + sum(map(len, room.recognizer.heard[1]))
    heard = np.concatenate(room.recognizer.heard[2])
    assert np.abs(heard[: HOP // 4]).max() < 100 < np.abs(heard[HOP:]).max()


def test_a_follow_up_follows_a_follow_up_but_not_for_ever():
    room = Room({WAKE: "computer"}, follow_up_s=3, follow_up_max=2)
    room.hear(*one_answered(1.0), *[(1.0, LOUD), (1.0, QUIET)] * 4)
    assert [body.cause for body in room.of(Listening)] == ["wake", "follow_up", "follow_up"]
    assert len(room.of(Final)) == 3


@pytest.mark.parametrize("text", ["", "never mind"])
def test_nothing_follows_where_nothing_was_understood_or_the_stop_word(text):
    room = Room({WAKE: "computer"}, texts=(text,), follow_up_s=4, stop_words=("never mind",))
    room.hear(*one_answered())
    assert len(room.of(Listening)) == 1


def test_nothing_follows_a_command_that_the_radio_would_not_let_end():
    room = Room({WAKE: "computer"}, follow_up_s=4, max_length_s=5)
    room.hear((0.96, QUIET), (12.0, LOUD))
    assert room.of(Endpoint) == [Endpoint("max_length")]
    assert len(room.of(Listening)) == 1


def test_a_wake_word_in_a_follow_up_begins_a_command_of_its_own():
    room = Room({WAKE: "computer", 50: "robot"}, follow_up_s=4)
    room.hear(*one_answered(1.5), (0.3, LOUD), (0.2, QUIET), (1.0, LOUD), (3.0, QUIET))
    assert room.told(2) == ["listening", "endpoint", "cancelled"]
    assert room.of(Cancelled)[0] == Cancelled("restarted_by_wake")
    assert [body.cause for body in room.of(Listening)][:3] == ["wake", "follow_up", "wake"]
    assert room.told(3) == ["activation", "listening", "endpoint", "partial", "final"]


class Later(FakeRecognizer):
    """Answers when told to, as a slow model."""

    def finish(self, utterance: int) -> None:
        self.open.discard(utterance)

    def answer(self, utterance: int, text: str) -> None:
        self.on_reply(recognizing.Final(utterance, recognizing.Transcript(text), 0.1, 1.0))


class Slow(Room):
    def recognize(self) -> Later:
        return Later(self.commands.replied)


@settings(max_examples=12)
@given(st.integers(0, 45))
def test_whenever_the_text_comes_the_follow_up_is_the_same_sound_or_none(hops):
    """The second command begins 0.8 s after the first ended, and is heard whole whenever the text comes."""
    room = Slow({WAKE: "computer"}, follow_up_s=3)
    room.hear(*one_answered(0.8))
    assert room.of(Endpoint) == [Endpoint("silence")]
    for hop, rms in enumerate([QUIET] * 10 + [LOUD] * 12 + [QUIET] * 60):
        if hop == hops:
            room.recognizer.answer(1, "turn on the light")
        room.hear((0.08, rms))
    (first, *follow), ended = room.of(Listening), sum(map(len, room.recognizer.heard[1]))
    late = hops * HOP + HOP >= 3 * SAMPLE_RATE - HOP
    if not late:
        assert follow == [Listening(first.start_sample + ended, "follow_up")]
        assert sum(map(len, room.recognizer.heard[2])) == pytest.approx(2.55 * SAMPLE_RATE, abs=2 * HOP)
    assert late or room.of(Endpoint)[1] == Endpoint("silence")
    assert not (hops * HOP > 3 * SAMPLE_RATE and follow)


def test_a_text_that_comes_when_the_next_command_was_begun_has_no_follow_up():
    room = Slow({WAKE: "computer", 45: "robot"}, follow_up_s=4)
    room.hear(*one_answered(0.8))
    room.hear((0.5, QUIET), (0.8, LOUD))
    room.recognizer.answer(1, "turn on the light")
    room.hear((2.0, QUIET), (2.0, QUIET))
    assert [body.cause for body in room.of(Listening)] == ["wake", "wake"]


def test_behind_a_gap_nothing_is_followed_up():
    room = Slow({WAKE: "computer"}, follow_up_s=4)
    room.hear(*one_answered(0.8))
    room.fed += 5
    room.hear((0.4, QUIET))
    room.recognizer.answer(1, "turn on the light")
    room.hear((2.0, LOUD), (1.0, QUIET))
    assert len(room.of(Listening)) == 1


@pytest.mark.parametrize("reason", ["end_of_stream", "shutdown"])
def test_the_end_ends_a_silent_follow_up_without_a_text(reason):
    room = Room({WAKE: "computer"}, follow_up_s=4)
    room.hear(*one_answered(1.5))
    room.ear.end(reason)
    assert room.told(2) == ["listening", "endpoint", "cancelled"]
    assert room.of(Endpoint)[1] == Endpoint(reason)
    assert sorted(room.recognizer.heard) == [1]


# --- stop words ---


@pytest.mark.parametrize("text", ["stop", "Never mind.", "取消。"])
def test_a_text_that_is_a_stop_word_is_not_a_command(text):
    room = Room({WAKE: "computer"}, texts=(text,), stop_words=("stop", "never mind", "取消"))
    room.hear(*one_answered())
    assert room.told(1) == ["activation", "listening", "endpoint", "partial", "cancelled"]
    assert room.of(Cancelled) == [Cancelled("stop_word", text)]
    assert room.answered == [1]


def test_a_text_with_a_stop_word_in_it_is_a_command():
    room = Room({WAKE: "computer"}, texts=("stop the music",), stop_words=("stop",))
    room.hear(*one_answered())
    assert [body.text for body in room.of(Final)] == ["stop the music"]


class Talking(FakeRecognizer):
    """Says its text as it hears, by a plan of seconds and texts; again where that is asked for."""

    plan = ((0.4, "never"), (0.8, "never mind"))

    def start(self, utterance: int, options: Options) -> None:
        super().start(utterance, options)
        self.options = options
        self.said = ""

    def accept(self, utterance: int, pcm: np.ndarray) -> None:
        super().accept(utterance, pcm)
        if utterance not in self.open:
            return
        heard_s = sum(map(len, self.heard[utterance])) / SAMPLE_RATE
        text = next((text for s, text in reversed(self.plan) if s <= heard_s), "")
        if text and (text != self.said or self.options.again):
            self.said = text
            self.on_reply(recognizing.Partial(utterance, text, heard_s))


class Live(Room):
    def recognize(self) -> Talking:
        return Talking(self.commands.replied, texts=self.texts)


def test_live_a_stop_word_ends_the_command_once_it_stands_alone():
    room = Live({WAKE: "computer"}, live=True, stop_words=("never mind",))
    room.hear((0.96, QUIET), (8.0, LOUD))
    assert room.of(Endpoint) == [Endpoint("stop_word")]
    assert room.of(Cancelled) == [Cancelled("stop_word", "never mind")]
    assert room.of(Partial) == [Partial("never"), Partial("never mind")], "each is told once"
    assert room.recognizer.open == set()
    assert room.answered == [1]
    ended = [at for _, at, body in room.events if isinstance(body, Endpoint)]
    assert ended[0] / SAMPLE_RATE == pytest.approx(0.96 - 0.32 + 1.2, abs=0.2)


def test_live_a_text_that_stands_in_noise_ends_the_command_with_that_text():
    room = Live({WAKE: "computer"}, live=True, stable_s=2.0)
    room.hear((0.96, QUIET), (18.0, LOUD))
    assert room.of(Endpoint) == [Endpoint("stable")]
    assert len(room.of(Final)) == 1
    assert room.told(1)[-2:] == ["partial", "final"]


@pytest.mark.parametrize("listen", [{"stable_s": 2.0}, {"stop_words": ("never mind",)}])
def test_in_a_recording_texts_decide_nothing_before_the_end(listen):
    room = Live({WAKE: "computer"}, live=False, **listen)
    room.hear((0.96, QUIET), (18.0, LOUD))
    assert room.of(Endpoint) == [Endpoint("max_length")]


class Whispered(Live):
    """Its recognizer still understands more when the voice activity hears nothing any more."""

    def recognize(self) -> Talking:
        talking = super().recognize()
        talking.plan = tuple((0.4 * n, "word " * n) for n in range(1, 8))
        return talking


def test_a_text_that_grows_holds_the_end_back_live_and_not_in_a_recording():
    ends = {}
    for live in (True, False):
        room = Whispered({WAKE: "computer"}, live=live, stable_s=2.0)
        room.hear((0.96, QUIET), (1.0, LOUD), (6.0, QUIET))
        assert room.of(Endpoint) == [Endpoint("silence")]
        (ends[live],) = [at / SAMPLE_RATE for _, at, body in room.events if isinstance(body, Endpoint)]
    assert ends[False] == pytest.approx(0.96 + 1.0 + 0.7, abs=0.1)
    assert ends[True] == pytest.approx(0.64 + 2.8 + 0.5, abs=0.15)


def test_texts_are_asked_for_again_only_where_they_may_decide():
    asked = []
    for live, listen in ((True, {}), (False, {}), (True, {"stable_s": 0.0})):
        room = Live({WAKE: "computer"}, live=live, **listen)
        room.hear((1.2, QUIET))
        asked.append(room.recognizer.options.again)
    assert asked == [True, False, False]


def test_a_stop_word_of_a_head_cancels_the_command_in_its_hop():
    room = Room({WAKE: "computer", 25: "halt"})
    room.hear(*one_answered())
    assert room.told(1) == ["activation", "listening", "endpoint", "cancelled"]
    assert room.of(Cancelled) == [Cancelled("stop_word", "halt")]
    assert [at for _, at, body in room.events if isinstance(body, Endpoint)] == [25 * HOP]
    assert room.recognizer.open == set()
    assert room.answered == [1]


def test_a_stop_word_of_a_head_ends_a_follow_up_and_nothing_follows_it():
    room = Room({WAKE: "computer", 45: "halt"}, follow_up_s=4)
    room.hear(*one_answered(1.4), (1.0, LOUD), (3.0, QUIET))
    assert room.of(Endpoint)[1] == Endpoint("stop_word")
    assert room.of(Cancelled) == [Cancelled("stop_word", "halt")]
    assert len(room.of(Listening)) == 2


def test_a_stop_word_of_a_head_does_nothing_while_there_is_nothing_to_cancel_and_says_so():
    room = Room({8: "computer", 20: "halt", 100: "halt"})
    room.hear((12.0, QUIET))
    held = [body for body in room.of(Suppressed) if body.word == "halt"]
    assert held == [Suppressed("halt", 0.9, "idle")], "the first one cancelled a command"
    assert room.kit.words == ("computer", "robot")


# --- a second wake word ---


def test_a_second_wake_word_begins_anew_where_that_is_asked_for():
    room = Room({WAKE: "computer", 30: "robot"}, on_wake="restart", pre_roll_ms=0)
    room.hear((0.96, QUIET), (1.9, LOUD), (2.0, QUIET))
    assert room.told(1) == ["activation", "listening", "endpoint", "cancelled"]
    assert room.of(Endpoint)[0] == Endpoint("restarted_by_wake")
    assert room.told(2) == ["activation", "listening", "endpoint", "partial", "final"]
    assert room.of(Listening)[1].start_sample == 30 * HOP - LAG
    order = [(n, body.NAME) for n, at, body in room.events if at == 30 * HOP and n]
    assert order == [(1, "endpoint"), (1, "cancelled"), (2, "activation"), (2, "listening")]
    assert room.recognizer.open == set()


def test_a_second_wake_word_is_held_back_where_nothing_is_asked_for():
    room = Room({WAKE: "computer", 30: "robot"})
    room.hear((0.96, QUIET), (1.9, LOUD), (2.0, QUIET))
    assert room.of(Suppressed) == [Suppressed("robot", 0.9, "listening")]
    assert len(room.of(Listening)) == 1


def test_the_same_word_heard_by_a_second_head_is_no_second_word():
    room = Room({WAKE: "computer", WAKE + 2: "robot"}, on_wake="restart")
    room.hear((0.96, QUIET), (1.9, LOUD), (2.0, QUIET))
    assert room.of(Suppressed) == [Suppressed("robot", 0.9, "listening")]
    assert len(room.of(Activation)) == 1


def test_an_open_command_keeps_its_rule_for_a_second_word():
    room = Room({WAKE: "computer", 30: "robot"}, on_wake="restart")
    room.hear((0.96, QUIET), (0.5, LOUD))
    room.ear.obey(Config(heads=room.heads, listen=Listen(on_wake="ignore")))
    room.hear((1.4, LOUD), (2.0, QUIET))
    assert len(room.of(Activation)) == 2


# --- a recognizer that refuses ---


class Busy(FakeRecognizer):
    """Refuses every utterance at once."""

    def start(self, utterance: int, options: Options) -> None:
        self.on_reply(recognizing.Lost(utterance, "recognizer is 8 utterances behind", "busy"))


class Refused(Room):
    def recognize(self) -> Busy:
        return Busy(self.commands.replied)


def test_a_command_that_the_recognizer_refuses_still_ends_by_its_sound_and_is_lost_once():
    room = Refused({WAKE: "computer"}, follow_up_s=4)
    room.hear(*one_answered())
    assert sorted(room.told(1)) == ["activation", "endpoint", "listening", "lost"]
    assert room.of(Endpoint) == [Endpoint("silence")]
    assert room.of(Lost) == [Lost("recognizer is 8 utterances behind")]
    assert room.answered == [1]
    room.commands.finish(0.1)
    assert len(room.of(Lost)) == 1


def test_a_refused_command_that_is_cancelled_is_not_answered_twice():
    room = Refused({WAKE: "computer", 25: "halt"})
    room.hear(*one_answered())
    assert room.told(1).count("endpoint") == 1
    assert room.of(Cancelled) == []
    assert room.answered == [1]


# --- a recording is heard the same however it comes ---


@settings(max_examples=15)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=8))
def test_however_sound_is_cut_commands_and_what_follows_them_are_the_same(sizes):
    rng = np.random.default_rng(1)
    plan = [*one_answered(1.2), (0.8, LOUD), (1.4, QUIET), (1.5, LOUD), (2.0, QUIET)]
    pcm = np.concatenate([rng.normal(size=round(s * SAMPLE_RATE)) * rms for s, rms in plan]).astype(np.int16)
    stories = []
    for pieces in ([len(pcm)], sizes):
        room = Room(
            {WAKE: "computer", 62: "robot", 78: "robot", 95: "halt"},
            texts=("turn on the light", "louder", "stop"),
            follow_up_s=3,
            on_wake="restart",
            stop_words=("stop",),
        )
        at, turn = 0, 0
        while at < len(pcm):
            piece = pcm[at : at + pieces[turn % len(pieces)]]
            room.feed(piece, start=at)
            at, turn = at + len(piece), turn + 1
        room.ear.end("end_of_stream")
        heard = {n: np.concatenate(parts).tolist() for n, parts in room.recognizer.heard.items() if parts}
        stories.append((room.story(), heard))
    assert stories[0] == stories[1]
    reasons = {name for _, _, name in stories[0][0]}
    assert {"activation", "listening", "endpoint", "final", "cancelled"} <= reasons

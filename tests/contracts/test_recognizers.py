"""Every Recognizer obeys the same laws, whatever it decodes with."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.recognize.chained import ChainedRecognizer
from edged.stages.recognize.exchange import address
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, OnReply, Options, Partial, Recognizer
from edged.stages.recognize.remote import WyomingRecognizer
from edged.stages.recognize.rung import Rung
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.wyoming_server import Server


def chained(on_reply: OnReply, folder: Path) -> Recognizer:
    """The usual process, with another one behind it."""
    rungs = [
        Rung(name, kind, lambda heard_by, name=name: ChildRecognizer(tiny_ctc.make(folder / name), heard_by))
        for name, kind in (("cpu", "usual"), ("small", "smaller"))
    ]
    return ChainedRecognizer(rungs, on_reply)


class Remote(WyomingRecognizer):
    """A recognizer on a machine of its own, which ends with it."""

    def __init__(self, on_reply: OnReply) -> None:
        self._server = Server()
        super().__init__(address(self._server.uri), ["en"], on_reply)

    def close(self) -> None:
        super().close()
        self._server.close()


FACTORIES: dict[str, Callable[[OnReply, Path], Recognizer]] = {
    "fake": lambda on_reply, folder: FakeRecognizer(on_reply),
    "streaming": lambda on_reply, folder: ChildRecognizer(tiny_ctc.make(folder), on_reply, "streaming"),
    "offline": lambda on_reply, folder: ChildRecognizer(tiny_ctc.make(folder), on_reply, "offline"),
    "chained": chained,
    "remote": lambda on_reply, folder: Remote(on_reply),
}


@pytest.fixture
def replies() -> list:
    return []


@pytest.fixture(params=FACTORIES)
def recognizer(request, replies, tmp_path) -> Iterator[Recognizer]:
    recognizer = FACTORIES[request.param](replies.append, tmp_path)
    yield recognizer
    recognizer.close()


@pytest.fixture(scope="module", params=FACTORIES)
def shared(request, tmp_path_factory) -> Iterator[tuple[Recognizer, list]]:
    """One for many utterances."""
    said: list = []
    recognizer = FACTORIES[request.param](said.append, tmp_path_factory.mktemp("shared"))
    yield recognizer, said
    recognizer.close()


NUMBERS = itertools.count(1)


def sound(seed: int, hops: int = 15) -> np.ndarray:
    return tiny_ctc.sound(seed, hops * HOP / SAMPLE_RATE)


def text_alone(recognizer: Recognizer, replies: list, pcm: np.ndarray) -> str:
    number = next(NUMBERS)
    recognizer.start(number, Options())
    recognizer.accept(number, pcm)
    recognizer.finish(number)
    assert recognizer.drain(30)
    return finals(replies)[-1].transcript.text


def speak(recognizer: Recognizer, utterance: int, hops: int = 15) -> None:
    rng = np.random.default_rng(utterance)
    recognizer.start(utterance, Options())
    for _ in range(hops):
        recognizer.accept(utterance, (rng.normal(size=HOP) * 500).astype(np.int16))


def finals(replies: list) -> list[Final]:
    return [reply for reply in replies if isinstance(reply, Final)]


def test_a_finished_utterance_gets_exactly_one_final_after_its_partials(recognizer, replies):
    speak(recognizer, 1)
    recognizer.finish(1)
    assert recognizer.drain(30)
    mine = [reply for reply in replies if reply.utterance == 1]
    assert isinstance(mine[-1], Final)
    assert all(isinstance(reply, Partial) for reply in mine[:-1])
    assert mine[-1].audio_s == pytest.approx(15 * 0.08)


def test_finals_come_in_the_order_of_their_utterances(recognizer, replies):
    for utterance in (1, 2, 3):
        speak(recognizer, utterance, hops=utterance * 4)
        recognizer.finish(utterance)
    assert recognizer.drain(30)
    assert [final.utterance for final in finals(replies)] == [1, 2, 3]


def test_a_cancelled_utterance_is_never_answered(recognizer, replies):
    speak(recognizer, 1)
    recognizer.cancel(1)
    speak(recognizer, 2)
    recognizer.finish(2)
    assert recognizer.drain(30)
    assert [final.utterance for final in finals(replies)] == [2]


def test_an_utterance_without_sound_is_answered_too(recognizer, replies):
    recognizer.start(1, Options())
    recognizer.finish(1)
    assert recognizer.drain(30)
    assert [final.utterance for final in finals(replies)] == [1]


def test_calls_for_an_utterance_that_is_unknown_or_over_are_ignored(recognizer, replies):
    speak(recognizer, 1)
    recognizer.accept(7, sound(1))
    recognizer.finish(7)
    recognizer.cancel(7)
    recognizer.finish(1)
    assert recognizer.drain(30)
    said = len(replies)
    recognizer.accept(1, sound(1))
    recognizer.finish(1)
    recognizer.cancel(1)
    assert recognizer.drain(30)
    assert len(replies) == said
    assert [(final.utterance, final.audio_s) for final in finals(replies)] == [(1, pytest.approx(1.2))]


def test_two_utterances_at_once_have_the_texts_of_each_alone(shared):
    recognizer, replies = shared
    sounds = sound(1, 20), sound(2, 30)
    alone = [text_alone(recognizer, replies, pcm) for pcm in sounds]
    numbers = [next(NUMBERS), next(NUMBERS)]
    for number in numbers:
        recognizer.start(number, Options())
    for at in range(0, len(sounds[1]), HOP):
        for number, pcm in zip(numbers, sounds, strict=True):
            recognizer.accept(number, pcm[at : at + HOP])
    recognizer.finish(numbers[1])
    recognizer.finish(numbers[0])
    assert recognizer.drain(30)
    texts = {final.utterance: final.transcript.text for final in finals(replies)}
    if recognizer.capabilities.model != "fake":  # which tells what it was told to
        assert [texts[number] for number in numbers] == alone
        assert alone[0] != alone[1]
    assert {final.utterance: final.audio_s for final in finals(replies)}[numbers[0]] == pytest.approx(1.6)


def test_a_cancel_leaves_the_other_utterance_open(recognizer, replies):
    for number in (1, 2, 3):
        speak(recognizer, number)
    recognizer.finish(3)
    recognizer.cancel(2)
    recognizer.finish(1)
    recognizer.finish(2)
    assert recognizer.drain(30)
    assert {final.utterance for final in finals(replies)} == {1, 3}


def test_one_is_answered_while_another_stays_open(recognizer, replies):
    speak(recognizer, 1)
    speak(recognizer, 2)
    recognizer.finish(2)
    assert recognizer.drain(30)
    assert [final.utterance for final in finals(replies)] == [2]
    recognizer.finish(1)
    assert recognizer.drain(30)
    assert [final.utterance for final in finals(replies)] == [2, 1]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["start", "accept", "accept", "accept", "finish", "cancel"]), st.integers(0, 3)
        ),
        max_size=30,
    )
)
def test_in_any_order_what_was_finished_is_answered_once_with_all_its_sound(shared, calls):
    recognizer, replies = shared
    del replies[:]
    numbers = sorted(next(NUMBERS) for _ in range(4))
    said: dict[int, int] = {}
    finished: set[int] = set()
    for call, which in calls:
        number = numbers[which]
        match call:
            case "start" if number not in said:
                recognizer.start(number, Options())
                said[number] = 0
            case "accept":
                recognizer.accept(number, sound(which, 3))
                said |= {number: said[number] + 3} if number in said.keys() - finished else {}
            case "finish":
                recognizer.finish(number)
                finished |= {number} & said.keys()
            case "cancel" if number not in finished:  # else its text may be on its way
                recognizer.cancel(number)
                said.pop(number, None)
                numbers[which] = next(NUMBERS)
    assert recognizer.drain(30)
    answers = [(final.utterance, final.audio_s) for final in finals(replies)]
    assert sorted(answers) == [(n, pytest.approx(said[n] * HOP / SAMPLE_RATE)) for n in sorted(finished)]
    for number in numbers:
        recognizer.cancel(number)


def test_it_says_what_it_can_do(recognizer):
    capabilities = recognizer.capabilities
    assert capabilities.model
    assert capabilities.mode in ("streaming", "offline")


def test_closing_twice_is_allowed(recognizer):
    recognizer.close()
    recognizer.close()

"""Every Recognizer obeys the same laws, whatever it decodes with."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edged.geometry import HOP
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, OnReply, Options, Partial, Recognizer
from tests.stages.recognize import tiny_ctc

FACTORIES: dict[str, Callable[[OnReply, Path], Recognizer]] = {
    "fake": lambda on_reply, folder: FakeRecognizer(on_reply),
    "streaming": lambda on_reply, folder: ChildRecognizer(tiny_ctc.make(folder), on_reply, "streaming"),
    "offline": lambda on_reply, folder: ChildRecognizer(tiny_ctc.make(folder), on_reply, "offline"),
}


@pytest.fixture
def replies() -> list:
    return []


@pytest.fixture(params=FACTORIES)
def recognizer(request, replies, tmp_path) -> Iterator[Recognizer]:
    recognizer = FACTORIES[request.param](replies.append, tmp_path)
    yield recognizer
    recognizer.close()


def speak(recognizer: Recognizer, utterance: int, hops: int = 15) -> None:
    rng = np.random.default_rng(utterance)
    recognizer.start(utterance, Options())
    for _ in range(hops):
        recognizer.accept((rng.normal(size=HOP) * 500).astype(np.int16))


def finals(replies: list) -> list[Final]:
    return [reply for reply in replies if isinstance(reply, Final)]


def test_a_finished_utterance_gets_exactly_one_final_after_its_partials(recognizer, replies):
    speak(recognizer, 1)
    recognizer.finish()
    assert recognizer.drain(30)
    mine = [reply for reply in replies if reply.utterance == 1]
    assert isinstance(mine[-1], Final)
    assert all(isinstance(reply, Partial) for reply in mine[:-1])
    assert mine[-1].audio_s == pytest.approx(15 * 0.08)


def test_finals_come_in_the_order_of_their_utterances(recognizer, replies):
    for utterance in (1, 2, 3):
        speak(recognizer, utterance, hops=utterance * 4)
        recognizer.finish()
    assert recognizer.drain(30)
    assert [final.utterance for final in finals(replies)] == [1, 2, 3]


def test_a_cancelled_utterance_is_never_answered(recognizer, replies):
    speak(recognizer, 1)
    recognizer.cancel()
    speak(recognizer, 2)
    recognizer.finish()
    assert recognizer.drain(30)
    assert [final.utterance for final in finals(replies)] == [2]


def test_an_utterance_without_sound_is_answered_too(recognizer, replies):
    recognizer.start(1, Options())
    recognizer.finish()
    assert recognizer.drain(30)
    assert [final.utterance for final in finals(replies)] == [1]


def test_it_says_what_it_can_do(recognizer):
    capabilities = recognizer.capabilities
    assert capabilities.model
    assert capabilities.mode in ("streaming", "offline")


def test_closing_twice_is_allowed(recognizer):
    recognizer.close()
    recognizer.close()

"""Each stretch of speech becomes an utterance, and the recognizer hears every sample of it once."""

import itertools

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from edged.config.schema import Config
from edged.geometry import HOP, SAMPLE_RATE, VAD_WINDOW
from edged.messages import Body, Endpoint, Final, Frame, Listening
from edged.runtime.commands import Commands
from edged.runtime.dictation import Dictation
from edged.runtime.timing import StageTimes
from edged.stages.recognize.fake import FakeRecognizer

LIMIT = 4 * SAMPLE_RATE


class Loud:
    """A VAD that takes loud for speech."""

    def reset(self) -> None:
        """It remembers nothing."""

    def probability(self, pcm) -> float:
        return float(np.abs(pcm).max() > 10_000)


class Heard:
    """One dictation and what came of it."""

    def __init__(self) -> None:
        self.events: list[tuple[int | None, Body]] = []
        self.silences = 0
        commands = Commands("ws:1", self._emit, StageTimes())
        self.recognizer = FakeRecognizer(commands.replied)
        commands.attach(self.recognizer)
        self.dictation = Dictation(Config(), Loud(), commands, LIMIT, on_silence=self._silent)

    def _emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        self.events.append((utterance, body))

    def _silent(self) -> None:
        self.silences += 1

    def feed(self, pcm: np.ndarray, step: int = HOP) -> None:
        for at in range(0, len(pcm), step):
            self.dictation.feed(Frame(at, pcm[at : at + step]))
        self.dictation.end("end_of_stream")

    def of(self, kind: type) -> list:
        return [body for _, body in self.events if isinstance(body, kind)]

    @property
    def audio(self) -> list[np.ndarray]:
        return [np.concatenate(pieces) for pieces in self.recognizer.heard.values()]


def sound(*stretches: tuple[float, bool]) -> np.ndarray:
    """Return sound in which each sample can be told: (seconds, loud) one after the other."""
    loud = np.concatenate([np.full(round(s * SAMPLE_RATE), speaks) for s, speaks in stretches])
    ramp = np.arange(len(loud)) % 10_000
    return np.where(loud, 20_000 + ramp, ramp).astype(np.int16)


def test_two_sentences_are_two_utterances_each_with_its_text():
    heard = Heard()
    heard.feed(sound((1, False), (1, True), (1.5, False), (1, True), (1.5, False)))
    assert [body.reason for body in heard.of(Endpoint)] == ["silence", "silence"]
    assert len(heard.of(Final)) == 2
    assert heard.silences == 2
    assert [utterance for utterance, body in heard.events if isinstance(body, Listening)] == [1, 2]


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 1.0, 3.0, 6.0]), st.booleans()), max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_what_the_recognizer_hears_is_the_sound_itself_whatever_the_pieces(stretches, data):
    pcm = sound(*stretches, (0.0, False))
    heard = Heard()
    heard.feed(pcm, data.draw(st.sampled_from([160, 1000, HOP])))
    starts = [body.start_sample for body in heard.of(Listening)]
    spans = [(start, start + len(audio)) for start, audio in zip(starts, heard.audio, strict=True)]
    for (start, end), audio in zip(spans, heard.audio, strict=True):
        assert np.array_equal(audio, pcm[start:end])
        assert end - start <= LIMIT
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert len(heard.of(Final)) == len(heard.of(Endpoint)) == len(spans)


def test_pieces_do_not_matter():
    pcm = sound((0.7, False), (5.5, True), (1, False), (0.4, True), (0.3, False))
    answers = []
    for step in (VAD_WINDOW, 700, HOP):
        heard = Heard()
        heard.feed(pcm, step)
        answers.append(
            [(body.start_sample, len(a)) for body, a in zip(heard.of(Listening), heard.audio, strict=True)]
        )
    assert answers[0] == answers[1] == answers[2]


def test_where_nobody_seemed_to_speak_the_recognizer_is_asked_all_the_same():
    heard = Heard()
    pcm = sound((1.5, False))
    heard.feed(pcm)
    (audio,) = heard.audio
    assert np.array_equal(audio, pcm)
    assert len(heard.of(Final)) == 1


def test_no_sound_at_all_is_no_utterance():
    heard = Heard()
    heard.feed(np.zeros(0, np.int16))
    assert heard.events == []

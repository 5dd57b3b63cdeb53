"""One stream, hop by hop: the cutting of sound changes nothing, and nothing of a command is lost."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.backends.backend import FeatureBackend
from edged.backends.chain import Chain
from edged.backends.chained_features import ChainedFeatures
from edged.backends.fake import FakeFeatures, FakeHeads, FakeVad
from edged.backends.faulty import Fault, Faults, FaultyFeatures
from edged.backends.link import Link
from edged.backends.select import Measured
from edged.catalog.manifest import Model
from edged.config.schema import Config, Denoise, Heads, Listen, Word
from edged.geometry import CONTEXT, HOP, SAMPLE_RATE
from edged.messages import (
    Activation,
    Body,
    Endpoint,
    Fallback,
    Final,
    Frame,
    Gap,
    Listening,
    Ready,
    Recovered,
    Scores,
    Stats,
    Suppressed,
)
from edged.runtime.chains import Chains
from edged.runtime.commands import Commands
from edged.runtime.ear import Ear
from edged.runtime.kit import Kit, Scorers
from edged.runtime.timing import StageTimes
from edged.runtime.words import Wake
from edged.stages.denoise.command import CleanCommand
from edged.stages.denoise.speex import Suppressor
from edged.stages.features.quiet_room import quiet_room
from edged.stages.heads.rule import rule_of
from edged.stages.recognize.fake import FakeRecognizer

SPOKEN_HOPS = 60
WAKE_HOP = 12
"""The hop, counted from 1, in which the planned score passes the threshold."""


class HeardFeatures(FakeFeatures):
    """Features that keep every hop they are given."""

    def stream(self):
        self.hops: list[np.ndarray] = []
        inner, hops = super().stream(), self.hops

        class Stream:
            prime = staticmethod(inner.prime)

            def step(self, pcm: np.ndarray, first: bool) -> tuple[np.ndarray, np.ndarray]:
                hops.append(pcm[CONTEXT:].copy())
                return inner.step(pcm, first)

        return Stream()


class Rig:
    """An ear on fakes: scores are planned, speech is loud sound, the recognizer keeps what it hears."""

    def __init__(
        self, scores: list[float], vad_threshold: float = 0.0, denoise: str = "off", **listen: object
    ) -> None:
        self.heads = Heads(word=(Word(name="computer"),), vad_threshold=vad_threshold)
        self.config = Config(heads=self.heads, listen=Listen(**listen), denoise=Denoise(path=denoise))
        self.open_with(Chains(), HeardFeatures(), FakeHeads(["computer"], planned=[[s] for s in scores]))

    def open_with(self, chains: Chains, features: FeatureBackend, heads: FakeHeads) -> None:
        rule = rule_of(self.heads.word[0], self.heads, lag_ms=160)
        head = Model("computer", "head", Path(), {}, licence="none", source="planned")
        scorers = Scorers(features, heads, quiet_room(features.stream()), {"computer": head}, chains)
        self.kit = Kit(scorers, FakeVad(), (Wake(rule, 0),), None, ())
        self.events: list[tuple[int | None, int, Body]] = []
        times = StageTimes()
        self.commands = Commands("mic", self._emit, times)
        self.recognizer = FakeRecognizer(self.commands.replied)
        self.commands.attach(self.recognizer)
        self.features = features
        self.ear = Ear("mic", self.kit, self.config, self._emit, self.commands, times)

    def _emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        self.events.append((utterance, sample, body))

    def feed(self, pcm: np.ndarray, start: int = 0) -> None:
        self.ear.feed(Frame(start, pcm), time.perf_counter())

    def of(self, kind: type) -> list:
        return [body for _, _, body in self.events if isinstance(body, kind)]

    def story(self) -> list[tuple[int | None, int, str]]:
        return [(n, at, body.NAME) for n, at, body in self.events if not isinstance(body, Scores | Stats)]


def planned(*over: int, hops: int = 200) -> list[float]:
    return [0.9 if hop in over else 0.0 for hop in range(1, hops + 1)]


def spoken(hops: int = SPOKEN_HOPS, quiet_from: int = 35) -> np.ndarray:
    """Loud noise, then a quiet room."""
    rng = np.random.default_rng(1)
    loud = (rng.normal(size=quiet_from * HOP) * 3000).astype(np.int16)
    return np.concatenate([loud, (rng.normal(size=(hops - quiet_from) * HOP) * 10).astype(np.int16)])


def heard_by(recognizer: FakeRecognizer, utterance: int = 1) -> np.ndarray:
    return np.concatenate(recognizer.heard[utterance])


def test_a_word_opens_a_command_that_silence_ends_and_text_answers():
    rig = Rig(planned(WAKE_HOP))
    rig.feed(spoken())
    names = [name for _, _, name in rig.story()]
    assert names == ["activation", "listening", "endpoint", "partial", "final"]
    assert rig.of(Endpoint) == [Endpoint("silence")]
    assert rig.of(Activation)[0].end_sample == WAKE_HOP * HOP - 160 * SAMPLE_RATE // 1000


def test_the_recognizer_hears_every_sample_from_the_end_of_the_word_to_the_endpoint():
    rig = Rig(planned(WAKE_HOP), pre_roll_ms=0)
    pcm = spoken()
    rig.feed(pcm)
    start = rig.of(Activation)[0].end_sample
    assert rig.of(Listening) == [Listening(start)]
    heard = heard_by(rig.recognizer)
    assert np.array_equal(heard, pcm[start : start + len(heard)])
    assert rig.of(Final)[0].metrics.audio_duration == pytest.approx(len(heard) / SAMPLE_RATE, abs=1e-4)


def test_pre_roll_gives_the_recognizer_sound_from_before_the_end_of_the_word():
    rig = Rig(planned(WAKE_HOP), pre_roll_ms=200)
    pcm = spoken()
    rig.feed(pcm)
    assert rig.of(Listening)[0].start_sample == rig.of(Activation)[0].end_sample - 3200
    heard = heard_by(rig.recognizer)
    assert np.array_equal(heard[:100], pcm[rig.of(Listening)[0].start_sample :][:100])


@settings(max_examples=25)
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=12))
def test_however_sound_is_cut_the_story_is_the_same(sizes):
    pcm = spoken()
    whole, pieces = Rig(planned(WAKE_HOP)), Rig(planned(WAKE_HOP))
    whole.feed(pcm)
    whole.ear.end("end_of_stream")
    at, turn = 0, 0
    while at < len(pcm):
        size = sizes[turn % len(sizes)]
        pieces.feed(pcm[at : at + size], start=at)
        at, turn = at + size, turn + 1
    pieces.ear.end("end_of_stream")
    assert pieces.story() == whole.story()
    assert np.array_equal(heard_by(pieces.recognizer), heard_by(whole.recognizer))


def test_the_end_of_a_recording_ends_the_command_with_its_last_sample():
    rig = Rig(planned(WAKE_HOP))
    pcm = spoken(30, quiet_from=30)[: 20 * HOP + 700]
    rig.feed(pcm)
    rig.ear.end("end_of_stream")
    assert rig.of(Endpoint) == [Endpoint("end_of_stream")]
    assert np.array_equal(heard_by(rig.recognizer), pcm[rig.of(Listening)[0].start_sample :])
    assert rig.ear.tally.hops == 20


def test_a_gap_ends_the_command_and_the_ear_starts_afresh():
    rig = Rig(planned(WAKE_HOP))
    pcm = spoken()
    rig.feed(pcm[: 20 * HOP])
    rig.feed(pcm[25 * HOP :], start=25 * HOP)
    assert rig.of(Gap) == [Gap(samples=5 * HOP, where="capture")]
    assert rig.of(Endpoint) == [Endpoint("gap")]
    assert rig.of(Final)[0].text
    warming = [scores.warming for scores in rig.of(Scores)]
    assert warming[19] is False
    assert warming[20] is True
    rig.ear.say_stats()
    assert rig.of(Stats)[-1].gaps == 5 * HOP


def test_a_second_word_during_a_command_is_held_back_with_its_reason():
    rig = Rig(planned(WAKE_HOP, WAKE_HOP + 6))
    rig.feed(spoken())
    assert rig.of(Suppressed) == [Suppressed("computer", 0.9, "listening")]
    assert len(rig.of(Activation)) == 1


@pytest.mark.parametrize("gate", [0.0, 0.5])
def test_a_score_without_speech_is_held_back_where_the_gate_is_on_and_only_there(gate):
    rig = Rig(planned(WAKE_HOP, 45), vad_threshold=gate)
    rig.feed(spoken(quiet_from=25))
    by_quiet = [Suppressed("computer", 0.9, "vad")] if gate else []
    assert rig.of(Suppressed) == by_quiet
    assert len(rig.of(Activation)) == (1 if gate else 2)


def test_two_commands_carry_two_numbers():
    rig = Rig(planned(WAKE_HOP, 80, hops=400))
    rig.feed(np.concatenate([spoken(), spoken()]))
    rig.ear.end("end_of_stream")
    assert [n for n, _, body in rig.events if isinstance(body, Final)] == [1, 2]
    assert sorted(rig.recognizer.heard) == [1, 2]


def test_every_hop_has_its_scores_by_word():
    rig = Rig(planned(WAKE_HOP))
    rig.feed(spoken()[: 20 * HOP])
    assert [scores.scores["computer"] for scores in rig.of(Scores)][WAKE_HOP - 1] == pytest.approx(0.9)
    assert len(rig.of(Scores)) == 20


@pytest.mark.parametrize("path", ["off", "wake", "recognize", "both"])
def test_each_branch_hears_cleaned_sound_where_it_is_asked_for(path):
    rig = Rig(planned(WAKE_HOP), denoise=path)
    pcm = spoken()
    rig.feed(pcm)
    rig.ear.say_stats()
    by_wake = Suppressor().push(pcm) if path in ("wake", "both") else pcm
    assert np.array_equal(np.concatenate(rig.features.hops), by_wake)
    assert ("denoise" in rig.of(Stats)[-1].stages_ms) is (path in ("wake", "both"))
    start = rig.of(Listening)[0].start_sample
    heard = heard_by(rig.recognizer)
    command = pcm[start : start + len(heard)]
    if path in ("recognize", "both"):
        clean = CleanCommand(Suppressor(), pcm[:start])
        command = np.concatenate([clean.push(command), clean.finish()])
    assert np.array_equal(heard, command)
    assert rig.story() == heard_plain().story()


def heard_plain() -> Rig:
    rig = Rig(planned(WAKE_HOP))
    rig.feed(spoken())
    return rig


def test_a_second_command_is_cleaned_from_fresh():
    rig = Rig(planned(WAKE_HOP, 72, hops=400), denoise="recognize")
    rig.feed(np.concatenate([spoken(), spoken()]))
    rig.ear.end("end_of_stream")
    starts = [body.start_sample for body in rig.of(Listening)]
    both = np.concatenate([spoken(), spoken()])
    for number, start in enumerate(starts, start=1):
        heard = heard_by(rig.recognizer, number)
        clean = CleanCommand(Suppressor(), both[max(0, start - 2 * SAMPLE_RATE) : start])
        expected = [clean.push(both[start : start + len(heard)]), clean.finish()]
        assert np.array_equal(heard, np.concatenate(expected))
    assert len(starts) == 2


def test_behind_a_gap_the_noise_is_learned_anew_and_the_cleaned_command_ends_with_its_last_sample():
    rig = Rig(planned(WAKE_HOP), denoise="both")
    pcm = spoken()
    rig.feed(pcm[: 20 * HOP])
    rig.feed(pcm[25 * HOP :], start=25 * HOP)
    assert rig.of(Endpoint) == [Endpoint("gap")]
    assert len(heard_by(rig.recognizer)) == 20 * HOP - rig.of(Listening)[0].start_sample
    behind = np.concatenate(rig.features.hops[20:])
    assert np.array_equal(behind, Suppressor().push(pcm[25 * HOP :]))


def test_a_change_of_backend_is_said_once_in_its_hop_and_after_ready_and_loses_nothing():
    plain, rig = Rig([]), Rig([])
    chains = Chains()
    links = [Link(name, lambda: FaultyFeatures(FakeFeatures(), "x", faults)) for name in ("opencl", "cpu")]
    failing: list[Fault] = []
    faults = Faults(lambda: failing.pop() if failing else None, lambda seconds: None, lambda: None)
    chain = Chain("features", links, chains.changes.say)
    chain.admit(links[0], links[0].open(), "Mali", Measured(1.0, 1.0), Measured(2.0, 2.0))
    rig.open_with(chains, ChainedFeatures(chain), FakeHeads(["computer"]))
    plain.open_with(Chains(), FakeFeatures(), FakeHeads(["computer"]))
    pcm = spoken(20, quiet_from=12)
    for hop in range(20):
        if hop == 10:
            failing.append("nan")
        for each in (plain, rig):
            each.feed(pcm[hop * HOP : (hop + 1) * HOP], start=hop * HOP)
        if hop == 2:
            for body in rig.kit.opening():
                rig.ear.say(body)
    assert rig.of(Scores) == plain.of(Scores)
    changes = [
        (at, body.NAME) for _, at, body in rig.events if isinstance(body, Fallback | Recovered | Ready)
    ]
    assert changes == [(3 * HOP, "ready"), (3 * HOP, "recovered"), (11 * HOP, "fallback")]
    (fallback,) = rig.of(Fallback)
    assert (fallback.stage, fallback.from_, fallback.to) == ("features", "opencl", "cpu")
    assert fallback.reason == "answers NaN or infinity"

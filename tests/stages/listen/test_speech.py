"""The VAD hears whole windows, each once, and only as far back as its answer matters."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.fake import FakeVad
from edged.geometry import HOP, SAMPLE_RATE, VAD_WINDOW
from edged.stages.audio.ring import Ring
from edged.stages.listen.speech import WARM_UP, SpeechGate, SpeechMeter


class NotingVad:
    """A VadStream that notes what it was given; its answer is the first sample, as a share of full scale."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.windows = 0

    def reset(self) -> None:
        self.heard = []

    def probability(self, pcm: np.ndarray) -> float:
        assert len(pcm) == VAD_WINDOW
        self.heard += pcm.tolist()
        self.windows += 1
        return float(pcm[0]) / 32768


def counted(length: int) -> np.ndarray:
    """Sound whose samples tell their index."""
    return (np.arange(length) % 30_000).astype(np.int16)


@given(st.integers(0, 3_000), st.lists(st.integers(1, 4_000), min_size=1, max_size=12))
def test_every_sample_is_heard_once_and_in_order_however_it_arrives(at, sizes):
    at = min(at, sizes[0])
    ring, vad = Ring(60_000), NotingVad()
    meter = SpeechMeter(vad)
    sound = counted(sum(sizes))
    windows = []
    meter.restart(at)
    for size in sizes:
        ring.push(sound[ring.end : ring.end + size])
        windows += meter.advance(ring, ring.end)
    assert [window.end for window in windows] == list(range(at + VAD_WINDOW, ring.end + 1, VAD_WINDOW))
    assert vad.heard == sound[at : meter.position].tolist()
    assert ring.end - meter.position < VAD_WINDOW


def loudness(plan: list[tuple[int, float]]) -> np.ndarray:
    """Hops of noise: (how many, rms)."""
    rng = np.random.default_rng(0)
    return np.concatenate([(rng.normal(size=hops * HOP) * rms).astype(np.int16) for hops, rms in plan])


def filled(pcm: np.ndarray, capacity: int = 30 * SAMPLE_RATE) -> Ring:
    ring = Ring(capacity)
    ring.push(pcm)
    return ring


def test_the_gate_finds_speech_within_its_look_back_and_none_before():
    ring = filled(loudness([(20, 10), (5, 3_000), (40, 10)]))
    asked = {
        hop: SpeechGate(SpeechMeter(FakeVad().stream()), SAMPLE_RATE).highest(ring, hop * HOP)
        for hop in (19, 22, 30, 36, 50)
    }
    assert asked == {19: 0.0, 22: 1.0, 30: 1.0, 36: 1.0, 50: 0.0}


def test_a_short_look_back_still_hears_a_second_before_it_and_counts_only_its_own():
    ring, vad = filled(loudness([(20, 3_000), (8, 10)])), NotingVad()
    SpeechGate(SpeechMeter(vad), HOP).highest(ring, ring.end)
    assert len(vad.heard) == WARM_UP // VAD_WINDOW * VAD_WINDOW
    assert SpeechGate(SpeechMeter(FakeVad().stream()), HOP).highest(ring, ring.end) == 0.0


def test_asked_hop_after_hop_the_gate_hears_only_what_is_new():
    vad = NotingVad()
    gate, ring = SpeechGate(SpeechMeter(vad), SAMPLE_RATE), filled(counted(40 * HOP))
    for hop in range(30, 41):
        gate.highest(ring, hop * HOP)
    assert vad.windows <= WARM_UP // VAD_WINDOW + 10 * HOP // VAD_WINDOW + 1


def test_after_a_long_rest_the_gate_starts_anew():
    vad = NotingVad()
    gate, ring = SpeechGate(SpeechMeter(vad), SAMPLE_RATE), filled(counted(200 * HOP))
    gate.highest(ring, 20 * HOP)
    gate.highest(ring, 150 * HOP)
    assert vad.heard[0] == (150 * HOP - WARM_UP) % 30_000
    assert len(vad.heard) <= WARM_UP


def test_after_a_gap_the_gate_hears_nothing_of_what_was_before():
    gate, ring = SpeechGate(SpeechMeter(FakeVad().stream()), SAMPLE_RATE), filled(loudness([(10, 3_000)]))
    assert gate.highest(ring, ring.end) == 1.0
    ring.reset(ring.end + 500)
    assert gate.highest(ring, ring.end) == 0.0
    ring.push(loudness([(2, 10)]))
    assert gate.highest(ring, ring.end) == 0.0


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.data())
def test_the_gate_answers_as_one_that_hears_everything(loud, data):
    """Whatever hops it is asked at: FakeVad has no memory, so only the look-back may decide."""
    ring = filled(loudness([(1, 3_000 if spoken else 10) for spoken in loud]))
    asked = sorted(data.draw(st.sets(st.integers(1, len(loud)), min_size=1)))
    gate = SpeechGate(SpeechMeter(FakeVad().stream()), 5 * HOP)
    for hop in asked:
        surely = any(loud[max(0, hop - 5) : hop - 1])
        possibly = any(loud[max(0, hop - 6) : hop])
        assert surely <= (gate.highest(ring, hop * HOP) == 1.0) <= possibly

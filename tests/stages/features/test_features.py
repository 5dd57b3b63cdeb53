import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.backends.fake import FakeFeatures, Faults
from edged.errors import ProviderFailed
from edged.geometry import CONTEXT, HOP, MEL_BINS, MEL_REST, PRIME_FRAMES, STEP_SAMPLES
from edged.stages.features.features import Features
from tests.sounds import noise


class Recorder:
    """A feature stream that remembers what it was given."""

    def __init__(self):
        self.given = []
        self.inner = FakeFeatures().stream()

    def prime(self, mel):
        self.inner.prime(mel)

    def step(self, pcm, first):
        self.given.append((pcm.copy(), first))
        return self.inner.step(pcm, first)


def embeddings(features: Features, pcm: np.ndarray) -> np.ndarray:
    return np.stack([features.push(pcm[at : at + HOP]).copy() for at in range(0, len(pcm), HOP)])


def test_each_step_gets_the_samples_before_its_hop_and_only_the_first_is_first():
    recorder, pcm = Recorder(), noise(1, 6)
    embeddings(Features(recorder), pcm)
    whole = np.concatenate([np.zeros(CONTEXT, np.int16), pcm])
    for hop, (window, first) in enumerate(recorder.given):
        assert np.array_equal(window, whole[hop * HOP : hop * HOP + STEP_SAMPLES])
        assert first == (hop == 0)


@settings(max_examples=40)
@given(st.integers(1, 25), st.sets(st.integers(1, 25)))
def test_streams_replaced_at_any_hop_change_nothing(hops, when):
    pcm = noise(2, hops)
    expected = embeddings(Features(FakeFeatures().stream()), pcm)
    features = Features(FakeFeatures().stream())
    for hop in range(hops):
        if hop in when:
            successor = FakeFeatures().stream()
            successor.step(noise(9, 2)[:STEP_SAMPLES], True)  # whatever it did before
            features.replace(successor)
        assert np.array_equal(features.push(pcm[hop * HOP : (hop + 1) * HOP]), expected[hop])


@pytest.mark.parametrize("fault", [Faults(fail_at=frozenset({8})), Faults(nan_at=frozenset({8}))])
def test_a_failed_hop_is_answered_by_the_next_backend_as_if_nothing_had_been(fault):
    pcm = noise(3, 14)
    expected = embeddings(Features(FakeFeatures().stream()), pcm)
    features, failures = Features(FakeFeatures(fault).stream()), 0
    for hop in range(14):
        piece = pcm[hop * HOP : (hop + 1) * HOP]
        try:
            embedding = features.push(piece)
        except ProviderFailed:
            failures += 1
            features.replace(FakeFeatures().stream())
            embedding = features.push(piece)
        assert np.array_equal(embedding, expected[hop])
    assert failures == 1


def test_a_successor_that_cannot_be_primed_leaves_the_old_stream_in_place():
    class Broken(Recorder):
        def prime(self, mel):
            raise ProviderFailed("broken", "no")

    pcm = noise(4, 5)
    expected = embeddings(Features(FakeFeatures().stream()), pcm)
    features = Features(FakeFeatures().stream())
    for hop in range(5):
        with pytest.raises(ProviderFailed):
            features.replace(Broken())
        assert np.array_equal(features.push(pcm[hop * HOP : (hop + 1) * HOP]), expected[hop])


@pytest.mark.parametrize("hops", [0, 1, 3, 10, 11, 27])
def test_mel_history_is_the_last_80_frames_newest_last(hops):
    stream, pcm = FakeFeatures().stream(), noise(5, max(hops, 1))
    features, frames = Features(stream), [np.full((PRIME_FRAMES, MEL_BINS), MEL_REST, np.float32)]
    whole, reference = np.concatenate([np.zeros(CONTEXT, np.int16), pcm]), FakeFeatures().stream()
    for hop in range(hops):
        features.push(pcm[hop * HOP : (hop + 1) * HOP])
        frames.append(reference.step(whole[hop * HOP : hop * HOP + STEP_SAMPLES], hop == 0)[0].copy())
    assert np.array_equal(features.mel_history(), np.concatenate(frames)[-PRIME_FRAMES:])


def test_after_reset_it_is_a_fresh_start():
    pcm = noise(6, 12)
    features = Features(FakeFeatures().stream())
    expected = embeddings(features, pcm)
    features.reset()
    assert np.array_equal(features.mel_history(), np.full((PRIME_FRAMES, MEL_BINS), MEL_REST))
    assert np.array_equal(embeddings(features, pcm), expected)


@pytest.mark.parametrize(
    "wrong", [np.zeros(1, np.int16), np.zeros(HOP - 1, np.int16), np.zeros(HOP, np.float32)]
)
def test_anything_but_one_hop_is_refused(wrong):
    with pytest.raises(ValueError, match="expected 1280 int16 samples"):
        Features(FakeFeatures().stream()).push(wrong)

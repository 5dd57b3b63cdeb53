import numpy as np
import pytest

from edged.backends.fake import FakeFeatures, Faults
from edged.errors import ProviderFailed
from edged.geometry import CONTEXT, HOP, STEP_SAMPLES
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


def test_a_hop_that_failed_can_be_pushed_again_as_if_nothing_had_been():
    pcm = noise(3, 6)
    expected = embeddings(Features(FakeFeatures().stream()), pcm)
    features = Features(FakeFeatures(Faults(fail_at=frozenset({3}))).stream())
    for hop in range(6):
        piece = pcm[hop * HOP : (hop + 1) * HOP]
        if hop == 2:
            with pytest.raises(ProviderFailed):
                features.push(piece)
        assert np.array_equal(features.push(piece), expected[hop])


def test_after_reset_it_is_a_fresh_start():
    pcm = noise(6, 12)
    features = Features(FakeFeatures().stream())
    expected = embeddings(features, pcm)
    features.reset()
    assert np.array_equal(embeddings(features, pcm), expected)


@pytest.mark.parametrize(
    "wrong", [np.zeros(1, np.int16), np.zeros(HOP - 1, np.int16), np.zeros(HOP, np.float32)]
)
def test_anything_but_one_hop_is_refused(wrong):
    with pytest.raises(ValueError, match="expected 1280 int16 samples"):
        Features(FakeFeatures().stream()).push(wrong)


def test_in_the_middle_of_a_stream_it_is_exact_once_ten_hops_were_pushed():
    pcm = noise(8, 30)
    expected = embeddings(Features(FakeFeatures().stream()), pcm)
    features = Features(FakeFeatures().stream())
    embeddings(features, noise(9, 3))
    features.resume(pcm[12 * HOP - CONTEXT : 12 * HOP])
    resumed = embeddings(features, pcm[12 * HOP :])
    assert np.array_equal(resumed[9:], expected[21:])
    assert not np.array_equal(resumed[8], expected[20])


@pytest.mark.parametrize("wrong", [np.zeros(CONTEXT - 1, np.int16), np.zeros(CONTEXT, np.float32)])
def test_anything_but_one_context_is_refused(wrong):
    with pytest.raises(ValueError, match="expected 480 int16 samples"):
        Features(FakeFeatures().stream()).resume(wrong)

"""Every FeatureBackend obeys the same laws, whatever it computes with."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from edged.backends.backend import FeatureBackend
from edged.backends.chain import Chain
from edged.backends.chained_features import ChainedFeatures
from edged.backends.cpu.features import CpuFeatures
from edged.backends.fake import FakeFeatures, Faults
from edged.backends.link import Link
from edged.backends.opencl.designs import Choice
from edged.backends.opencl.features import OpenClFeatures
from edged.backends.owned import OwnedFeatures, Owner
from edged.errors import ProviderFailed
from edged.geometry import CONTEXT, EMBEDDING, HOP, MEL_BINS, MEL_PER_HOP, MEL_REST, PRIME_FRAMES
from tests import pocl
from tests.oww_models import model


def cpu() -> CpuFeatures:
    return CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))


def opencl(choice: Choice, precision: str = "fp32") -> OpenClFeatures:
    paths = model("melspectrogram.onnx"), model("embedding_model.onnx")
    return OpenClFeatures(*paths, pocl.device(), choice=choice, precision=precision)


FACTORIES: dict[str, Callable[[], FeatureBackend]] = {
    "fake": FakeFeatures,
    "cpu": cpu,
    "cpu on a thread of its own": lambda: Owner("cpu features", cpu, OwnedFeatures).open(),
    "chain of one": lambda: ChainedFeatures(Chain("features", [Link("cpu", cpu)], lambda body: None)),
    "opencl": lambda: opencl(Choice("pair", 4, "device")),
    "opencl, mel on cpu": lambda: opencl(Choice("single", 4, "cpu")),
    "opencl, half": lambda: opencl(Choice("single", 4, "device"), "fp16"),
}


@pytest.fixture(params=FACTORIES)
def backend(request) -> Iterator[FeatureBackend]:
    backend = FACTORIES[request.param]()
    yield backend
    backend.close()


def sound(seed: int, hops: int) -> np.ndarray:
    """Noise whose loudness wanders, as speech does."""
    rng = np.random.default_rng(seed)
    loud = np.repeat(rng.uniform(30, 6000, hops), HOP)
    return (rng.normal(size=hops * HOP) * loud).clip(-32768, 32767).astype(np.int16)


def run(stream, pcm: np.ndarray, first: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """All mel frames and embeddings of a recording; pcm starts with context unless `first`."""
    padded = np.concatenate([np.zeros(CONTEXT, np.int16), pcm]) if first else pcm
    mels, embeddings = [], []
    for hop in range((len(padded) - CONTEXT) // HOP):
        mel, embedding = stream.step(padded[hop * HOP : hop * HOP + CONTEXT + HOP], first and hop == 0)
        mels.append(mel.copy())
        embeddings.append(embedding.copy())
    return np.concatenate(mels), np.stack(embeddings)


def test_a_step_answers_eight_mel_frames_and_one_embedding(backend):
    mel, embedding = run(backend.stream(), sound(1, 1))
    assert (mel.shape, mel.dtype) == ((MEL_PER_HOP, MEL_BINS), np.float32)
    assert (embedding.shape, embedding.dtype) == ((1, EMBEDDING), np.float32)
    assert np.isfinite(embedding).all()


def test_the_first_hop_leaves_three_frames_at_rest_and_ignores_its_context(backend):
    pcm = sound(2, 1)
    stream = backend.stream()
    mel, _ = stream.step(np.concatenate([np.full(CONTEXT, 9000, np.int16), pcm]), True)
    mel = mel.copy()
    assert (mel[:3] == MEL_REST).all()
    assert (mel[3:] != MEL_REST).any()
    clean, _ = backend.stream().step(np.concatenate([np.zeros(CONTEXT, np.int16), pcm]), True)
    assert np.array_equal(mel, clean)


def test_the_same_sound_gives_the_same_embeddings_on_every_stream(backend):
    pcm = sound(3, 14)
    assert np.array_equal(run(backend.stream(), pcm)[1], run(backend.stream(), pcm)[1])


def test_streams_in_turn_do_not_hear_each_other(backend):
    recordings = [sound(seed, 13) for seed in range(10, 18)]
    alone = [run(backend.stream(), pcm)[1] for pcm in recordings]
    streams = [backend.stream() for _ in recordings]
    padded = [np.concatenate([np.zeros(CONTEXT, np.int16), pcm]) for pcm in recordings]
    for hop in range(13):
        for index, stream in enumerate(streams):
            piece = padded[index][hop * HOP : hop * HOP + CONTEXT + HOP]
            assert np.array_equal(stream.step(piece, hop == 0)[1], alone[index][hop])


@pytest.mark.parametrize("hops", [10, 11, 25])
def test_prime_takes_over_in_mid_stream_exactly(backend, hops):
    pcm = sound(4, hops + 6)
    mel, embeddings = run(backend.stream(), pcm)
    history = np.full((PRIME_FRAMES, MEL_BINS), MEL_REST, np.float32)
    history[-min(PRIME_FRAMES, hops * MEL_PER_HOP) :] = mel[: hops * MEL_PER_HOP][-PRIME_FRAMES:]
    successor = backend.stream()
    run(successor, sound(5, 3))  # whatever it did before
    successor.prime(history)
    _, rest = run(successor, pcm[hops * HOP - CONTEXT :], first=False)
    assert np.array_equal(rest, embeddings[hops:])


def test_prime_none_is_a_fresh_start(backend):
    pcm = sound(6, 12)
    stream = backend.stream()
    expected = run(stream, pcm)[1]
    stream.prime(None)
    assert np.array_equal(run(stream, pcm)[1], expected)


def test_wrong_length_of_sound_is_an_error_of_ours(backend):
    with pytest.raises(ProviderFailed):
        backend.stream().step(np.zeros(HOP, np.int16), False)


def test_closing_twice_is_allowed(backend):
    backend.close()
    backend.close()


def test_a_planned_fault_comes_at_its_call_and_only_there():
    stream = FakeFeatures(Faults(fail_at=frozenset({2}), nan_at=frozenset({3}))).stream()
    piece = np.zeros(CONTEXT + HOP, np.int16)
    stream.step(piece, True)
    with pytest.raises(ProviderFailed, match="call 2"):
        stream.step(piece, False)
    assert np.isnan(stream.step(piece, False)[1]).all()
    assert np.isfinite(stream.step(piece, False)[1]).all()

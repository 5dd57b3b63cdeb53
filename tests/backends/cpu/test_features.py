import tracemalloc

import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.errors import ModelError, ProviderFailed
from edged.geometry import EMBEDDING, MEL_BINS, MEL_PER_HOP, STEP_SAMPLES
from tests.oww_models import model
from tests.sounds import noise


@pytest.fixture(scope="module")
def features() -> CpuFeatures:
    return CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))


def test_a_hop_allocates_no_array(features):
    stream, pcm = features.stream(), noise(1, 2)[:STEP_SAMPLES]
    tracemalloc.start()
    try:
        for _ in range(500):  # free lists of the interpreter fill once
            stream.step(pcm, False)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(1000):
            stream.step(pcm, False)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1000  # not one byte per hop stays
    smallest = min(EMBEDDING, MEL_PER_HOP * MEL_BINS) * 4
    assert peak - before < smallest * 2  # views and numbers come and go, arrays do not


def test_a_thousand_streams_fit_in_a_process(features):
    tracemalloc.start()
    try:
        streams = [features.stream() for _ in range(100)]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held / len(streams) < 128 * 1024
    assert len({stream.step(noise(1, 2)[:STEP_SAMPLES], True)[1].tobytes() for stream in streams}) == 1


def test_mel_history_of_another_length_is_an_error_of_ours(features):
    with pytest.raises(ProviderFailed, match="80, 32"):
        features.stream().prime(np.ones((76, MEL_BINS), np.float32))


def test_a_stream_of_a_closed_backend_fails_as_a_provider_does():
    features = CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))
    stream = features.stream()
    features.close()
    with pytest.raises(ProviderFailed, match="closed"):
        stream.step(noise(1, 2)[:STEP_SAMPLES], False)


def test_models_given_the_wrong_way_round_are_refused():
    with pytest.raises(ModelError, match=r"embedding_model\.onnx: not openWakeWord's melspectrogram"):
        CpuFeatures(model("embedding_model.onnx"), model("melspectrogram.onnx"))

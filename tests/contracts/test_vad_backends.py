"""Every VadBackend obeys the same laws, whatever it computes with."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from edged.backends.backend import VadBackend
from edged.backends.cpu.vad import CpuVad
from edged.backends.fake import FakeVad
from edged.errors import ProviderFailed
from edged.geometry import VAD_WINDOW
from tests.assets import asset

FACTORIES: dict[str, Callable[[], VadBackend]] = {
    "fake": FakeVad,
    "cpu-silero-5": lambda: CpuVad(asset("vad/silero_vad.onnx")),
    "cpu-silero-4": lambda: CpuVad(asset("vad/silero_vad_oww.onnx")),
}


@pytest.fixture(params=FACTORIES)
def backend(request) -> Iterator[VadBackend]:
    backend = FACTORIES[request.param]()
    yield backend
    backend.close()


def window(seed: int, rms: float) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=VAD_WINDOW) * rms).astype(np.int16)


def test_a_probability_lies_between_zero_and_one(backend):
    stream = backend.stream()
    for rms in (0, 10, 300, 8000):
        assert 0.0 <= stream.probability(window(1, rms)) <= 1.0


def test_a_quiet_room_is_not_speech(backend):
    stream = backend.stream()
    assert max(stream.probability(window(seed, 10)) for seed in range(30)) < 0.3


def test_streams_in_turn_do_not_hear_each_other(backend):
    loud = [window(seed, 5000) for seed in range(8)]
    alone = backend.stream()
    expected = [alone.probability(pcm) for pcm in loud]
    first, second = backend.stream(), backend.stream()
    for pcm, value in zip(loud, expected, strict=True):
        second.probability(window(99, 100))
        assert first.probability(pcm) == value


def test_reset_forgets_what_was_heard(backend):
    stream = backend.stream()
    expected = [stream.probability(window(seed, 3000)) for seed in range(5)]
    stream.reset()
    assert [stream.probability(window(seed, 3000)) for seed in range(5)] == expected


def test_wrong_length_of_sound_is_an_error_of_ours(backend):
    with pytest.raises(ProviderFailed):
        backend.stream().probability(np.zeros(VAD_WINDOW - 1, np.int16))


def test_closing_twice_is_allowed(backend):
    backend.close()
    backend.close()

"""What a hop asks of the driver and of the interpreter once a stream runs."""

import tracemalloc
from collections import Counter

import numpy as np
import pytest

from edged.backends.opencl.arguments import ARGUMENTS
from edged.backends.opencl.designs import Choice
from edged.backends.opencl.features import OpenClFeatures
from edged.geometry import EMBEDDING, MEL_BINS, MEL_PER_HOP
from tests import pocl
from tests.backends.opencl.driver_calls import counted
from tests.backends.opencl.sounds import models, pieces
from tests.sounds import noise

HOPS = 50
LAUNCHES = {
    Choice("layered", 4, "device"): 22,
    Choice("pair", 4, "device"): 11,
    Choice("single", 4, "device"): 2,
    Choice("layered", 4, "cpu"): 20,
    Choice("pair", 4, "cpu"): 10,
    Choice("single", 4, "cpu"): 1,
}
MOVES_WORK = ("Enqueue", "SetKernelArg", "Create", "Clone", "SVM", "Build", "Compile", "Link")


def features(choice: Choice) -> OpenClFeatures:
    return OpenClFeatures(*models(), pocl.device(), choice=choice)


def work(calls: Counter[str]) -> dict[str, int]:
    """The calls that make the driver do something; the others ask, hold and let go."""
    return {name: count for name, count in calls.items() if name.startswith((*MOVES_WORK, "entry"))}


@pytest.mark.parametrize(("choice", "launches"), LAUNCHES.items(), ids=str)
def test_a_hop_is_one_write_the_launches_and_one_read(choice, launches):
    opened = features(choice)
    first, second = opened.stream(), opened.stream()
    cut = pieces(noise(1, HOPS))
    with counted(pocl.device()) as calls:
        for hop, piece in enumerate(cut):
            first.step(piece, hop == 0)
            second.step(piece, hop == 0)
    assert work(calls) == {
        "EnqueueWriteBuffer": 2 * HOPS,
        "EnqueueNDRangeKernel": 2 * HOPS * launches,
        "EnqueueReadBuffer": 2 * HOPS,
    }
    assert opened.stats().launches == launches


def test_the_counter_sees_what_a_new_stream_sets_and_allocates():
    opened = features(Choice("single", 4, "device"))
    with counted(pocl.device()) as calls:
        opened.stream()
    assert calls["SetKernelArg"] == 2 * 2 * len(ARGUMENTS)
    assert calls["CreateKernel"] == 2 * 2
    assert calls["CreateBuffer"] == 4
    assert calls["EnqueueCopyBuffer"] == 1


@pytest.mark.parametrize("mel", ["device", "cpu"])
def test_a_hop_allocates_no_array(mel):
    stream = features(Choice("single", 4, mel)).stream()
    (piece,) = pieces(noise(1, 1))
    assert len({tuple(answer.ctypes.data for answer in stream.step(piece, False)) for _ in range(5)}) == 1
    tracemalloc.start()
    try:
        for _ in range(100):  # free lists of the interpreter fill once
            stream.step(piece, False)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(200):
            stream.step(piece, False)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1000
    smallest = min(EMBEDDING, MEL_PER_HOP * MEL_BINS) * 4
    assert peak - before < smallest * 3  # events, views and keywords come and go, arrays do not


def test_a_replay_asks_no_more_of_the_driver_than_its_ten_steps():
    stream = features(Choice("single", 4, "device")).stream()
    with counted(pocl.device()) as calls:
        stream.prime(np.ones((80, MEL_BINS), np.float32))
    assert work(calls) == {"EnqueueWriteBuffer": 20, "EnqueueNDRangeKernel": 20, "EnqueueReadBuffer": 10}

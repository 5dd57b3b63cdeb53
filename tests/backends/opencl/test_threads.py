"""Streams of one backend may be stepped by several threads."""

import sys
import threading

import numpy as np

from edged.backends.opencl.designs import Choice
from edged.backends.opencl.features import OpenClFeatures
from tests import pocl
from tests.backends.opencl.sounds import models, references


def test_streams_in_four_threads_do_not_hear_each_other():
    opened = OpenClFeatures(*models(), pocl.device(), choice=Choice("single", 4, "device"))
    found = {}

    def run(number):
        stream = opened.stream()
        cut = references()[number].pieces[:60]
        found[number] = np.stack([stream.step(each, hop == 0)[1].copy() for hop, each in enumerate(cut)])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # between any two calls to the driver
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(found) == 4
    for number, mine in found.items():
        assert np.abs(mine - references()[number].embeddings[:60]).max() <= 1e-3

"""A configuration is heard by the daemon's own ear, round after round, and late hops are counted."""

import time
from contextlib import closing

import numpy as np

from edged.backends.fake import FakeFeatures, FakeHeads
from edged.bench.hearing import Hearing
from edged.config.load import load
from edged.geometry import HOP, HOP_SECONDS
from edged.runtime.chains import Chains
from edged.stages.audio.recording import read_all
from tests.daemon import DEMO, TEXT, config, models
from tests.runtime.test_ear import Rig, planned, spoken

__all__ = ["config", "models"]


class Slow(FakeFeatures):
    """Features of which one step takes longer than a hop lasts."""

    def stream(self):
        inner, steps = super().stream(), []

        class Stream:
            prime = staticmethod(inner.prime)

            def step(self, pcm: np.ndarray, first: bool) -> tuple[np.ndarray, np.ndarray]:
                steps.append(time.perf_counter())
                while len(steps) == 3 and time.perf_counter() < steps[-1] + HOP_SECONDS:
                    pass
                return inner.step(pcm, first)

        return Stream()


def test_a_hop_whose_path_takes_longer_than_it_lasts_is_counted():
    rig = Rig(planned())
    rig.open_with(Chains(), Slow(), FakeHeads(["computer"], planned=[[0.0]]))
    rig.feed(spoken())
    assert rig.ear.tally.late_hops >= 1


def test_every_round_hears_the_same_from_a_fresh_start(config):
    sound = read_all(DEMO)
    with closing(Hearing(load(config).config)) as hearing:
        rounds = [hearing.round([sound, sound], keep=number == 0) for number in range(2)]
        about, memory = hearing.about(), hearing.memory()
    for found, heard in rounds:
        assert [one.texts for one in heard] == [[TEXT], [TEXT]]
        assert heard[0].activations == heard[1].activations
        assert len(found.recordings_ms) == 2 and min(found.recordings_ms) > 0
        assert found.hops == 2 * (len(sound) // HOP)
        assert set(found.stages_ms) == {"features cpu", "heads cpu", "listen cpu", "recognize cpu"}
        assert found.cpu_s > 0 and found.energy_j is None
    (_, first), (_, second) = rounds
    assert len(first[0].scores) == len(sound) // HOP and first[0].scores == first[1].scores
    assert second[0].scores == []
    assert about["ran"] == {"features": "cpu", "heads": "cpu", "recognize": "cpu"}
    assert memory["together"] > memory["process"] > 20

"""Each fault in OpenCL as the first link: every hop is answered as the CPU answers it, a change said once."""

from collections.abc import Iterator

import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.opencl.designs import Choice
from edged.backends.opencl.features import OpenClFeatures
from edged.stages.features.quiet_room import quiet_room
from tests import pocl
from tests.backends.rig import Rig, hear
from tests.oww_models import model
from tests.sounds import chirps

HOPS = 30
AT = 14
GATE = 1e-3
"""Of embeddings and scores: two devices do not round alike."""

MODELS = ("melspectrogram.onnx", "embedding_model.onnx")
STARTED = ("recovered", "last", "first")


class OnOpenCl(Rig):
    """A rig whose first link computes on an OpenCL device, and the others on the CPU."""

    def __init__(self, features, heads, opencl) -> None:
        self._opencl = opencl
        super().__init__("features", features, heads)

    def _link(self, stage, name, inner):
        return super()._link(stage, name, self._opencl if name == "first" else inner)


@pytest.fixture(scope="module")
def opencl() -> Iterator[OpenClFeatures]:
    backend = OpenClFeatures(*map(model, MODELS), pocl.device(), choice=Choice("pair", 4, "device"))
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def features() -> CpuFeatures:
    return CpuFeatures(*map(model, MODELS))


@pytest.fixture(scope="module")
def heads() -> CpuHeads:
    return CpuHeads(
        [HeadModel(name, model(f"{name}_v0.1.onnx")) for name in ("alexa", "hey_jarvis", "timer")]
    )


@pytest.fixture
def rig(features, heads, opencl) -> Iterator[OnOpenCl]:
    rig = OnOpenCl(features, heads, opencl)
    yield rig
    rig.close()


def compare(rig, features, heads, at):
    before = quiet_room(features.stream())
    embeddings, scores = hear(features, heads, chirps(HOPS), before)
    found = hear(rig.features, rig.heads, chirps(HOPS), before, at)
    assert np.abs(found[0] - embeddings).max() <= GATE
    assert np.abs(found[1] - scores).max() <= GATE
    assert np.array_equal(found[1] >= 0.5, scores >= 0.5)
    return found[0], embeddings


def test_undisturbed_it_serves_from_the_first_hop_to_the_last(rig, features, heads, opencl):
    rig.scout.work()
    steps = opencl.stats().steps
    mine, cpu = compare(rig, features, heads, lambda hop: None)
    assert opencl.stats().steps == steps + HOPS
    assert not np.array_equal(mine, cpu), "the CPU answered in its place"
    assert rig.changes() == [STARTED]


@pytest.mark.parametrize("fault", ["fail", "raise", "nan", "shape", "slow", "hang"])
def test_where_it_fails_the_next_link_answers_the_same_hop(rig, features, heads, fault):
    rig.scout.work()
    assert rig.serving == "first"

    def at(hop: int) -> None:
        if hop == AT:
            rig.faults["first"] = fault
            rig.lasting = {"first"} if fault == "slow" else set()
        if hop == AT + 4:
            rig.faults.clear()

    compare(rig, features, heads, at)
    assert rig.changes() == [STARTED, ("fallback", "first", "middle")]


@pytest.mark.parametrize("way", ["open", "wrong", "nan", "shape", "fail", "slow", "hang"])
def test_where_it_cannot_be_opened_or_proven_it_never_serves(rig, features, heads, way):
    def at(hop: int) -> None:
        if hop == 4:
            if way == "open":
                rig.closed_to = {"first"}
            else:
                rig.faults, rig.lasting = {"first": way}, {"first"}
            rig.scout.work()

    compare(rig, features, heads, at)
    assert rig.changes() == [("recovered", "last", "middle")]


def test_after_its_rest_it_serves_again_from_where_the_cpu_is(rig, features, heads):
    rig.scout.work()

    def at(hop: int) -> None:
        if hop == 6:
            rig.faults["first"] = "fail"
        if hop == AT:
            rig.clock.spend(rig.links[0].due - rig.clock.now)
            rig.scout.work()

    compare(rig, features, heads, at)
    assert rig.changes() == [STARTED, ("fallback", "first", "middle"), ("recovered", "middle", "first")]

"""The compiler itself: every head that edged knows, through it and its simulator, on real recordings."""

import re

import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.graph import answers as compute
from edged.catalog.convert.convert import Order, Wanted, convert
from edged.catalog.convert.environment import Toolkit, present
from edged.catalog.convert.job import Job, NotCompiled, compile_graph
from edged.catalog.convert.samples import Samples
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from edged.catalog.verify import verify
from edged.errors import ModelError
from edged.runtime.conversion import heard, recordings, samples, toolkit_folder
from tests.assets import asset
from tests.catalog.convert.test_convert import crashing
from tests.graphs.heads import windows

pytestmark = [pytest.mark.rknn_sim, pytest.mark.timeout(600), pytest.mark.xdist_group("rknn_sim")]

MUST = {"hey_jarvis_v0.1", "hey_mycroft_v0.1", "timer_v0.1", "weather_v0.1", "hey_rhasspy_v0.1"}


@pytest.fixture(scope="module")
def toolkit() -> Toolkit:
    found = present(toolkit_folder())
    if found is None:
        pytest.skip("the NPU compiler is not set up: scripts/npu-toolkit")
    return found


@pytest.fixture(scope="module")
def features() -> CpuFeatures:
    folder = "wake/features"
    return CpuFeatures(asset(f"{folder}/melspectrogram.onnx"), asset(f"{folder}/embedding_model.onnx"))


def every_head() -> list[Wanted]:
    """All of them; the first of timer's outputs is "none of them"."""
    found = sorted(asset("wake/heads").rglob("*.onnx"), key=lambda path: (len(path.parts), path.name))
    return [
        Wanted(
            Model(
                path.stem, "head", path.parent, {"model": ModelFile(path, None, None)}, "unknown", "a test"
            ),
            0.5,
            tuple(range(1, 7)) if path.stem.startswith("timer") else (0,),
        )
        for path in found
    ]


@pytest.fixture(scope="module")
def judged(features) -> Samples:
    """Known answers, and a thousand windows of people who say wake words and other things."""
    files = recordings(asset("wake/positive"))[::3]
    known = samples([each.model for each in every_head()], features)
    rest = heard(files, features, 1000)
    return Samples(
        np.concatenate([known.histories, rest.histories]),
        np.concatenate([known.mels, rest.mels]),
        known.known,
    )


def test_every_head_converts_exactly_enough_or_is_refused_with_its_reason(toolkit, judged, tmp_path):
    assert len(judged.histories) - judged.known >= 800
    done = convert(Order(every_head()), tmp_path, lambda: toolkit, compute, judged)
    verify(done.model)
    passed = {each.head.name: each for each in done.outcomes if not each.finding.problem}
    assert set(passed) >= MUST
    assert all(each.finding.error <= 0.02 and each.finding.flips == 0 for each in passed.values())
    assert {each.model.name for each in every_head()} == set(passed) | set(done.refused)
    assert all(len(reason) > 20 and "\n" not in reason for reason in done.refused.values())
    assert "no head of openWakeWord's form" in done.refused["precise_computer"]
    plain = next(each for each in done.model.artifacts if each.layernorm == "plain" and each.window == 16)
    assert not plain.cpu_operators
    assert plain.npu_operators > 30


def test_the_embedding_model_and_heads_fit_into_one_graph(toolkit, judged, tmp_path):
    few = Samples(judged.histories[::8], judged.mels[::8], 16)
    wanted = [each for each in every_head() if each.model.name in ("hey_mycroft_v0.1", "hey_jarvis_v0.1")][:2]
    order = Order(wanted, embedding=asset("wake/features/embedding_model.onnx"))
    done = convert(order, tmp_path, lambda: toolkit, compute, few)
    (fused,) = [each for each in done.model.artifacts if each.stage == "embedding+heads"]
    assert not fused.cpu_operators
    assert fused.simulator_error <= 0.02


@pytest.mark.parametrize("name", ["weather_v0.1", "hey_mycroft_v0.1"])
def test_int8_passes_its_gate_or_says_by_how_much_it_does_not(name, toolkit, judged, features, tmp_path):
    calibration = heard(recordings(asset("wake/positive"))[1::3], features, 300)
    order = Order([each for each in every_head() if each.model.name == name][:1], precision="int8")
    try:
        done = convert(order, tmp_path, lambda: toolkit, compute, judged, calibration=calibration)
    except ModelError as exc:
        assert re.search(r"its int8 scores differ by up to 0\.\d+ on \d+ windows, 0.05 is allowed", str(exc))
        return
    (outcome,) = done.outcomes
    assert (outcome.finding.error <= 0.05, outcome.finding.flips) == (True, 0)
    assert done.model.artifacts[0].canary is None


def test_a_choice_between_two_numbers_crashes_the_compiler_and_not_edged(toolkit, tmp_path):
    """rknn-toolkit2 2.5.0; where this fails one day, the compiler has been mended."""
    graph = crashing(tmp_path / "odd.onnx").read_bytes()
    (tmp_path / "work").mkdir()
    with pytest.raises(NotCompiled, match=r"the compiler crashes on it \(SIGSEGV while it is at 'build'\)"):
        compile_graph(Job(graph, "rk3588", {"x": windows(16, 1)}, ["y"], "t"), toolkit, tmp_path / "work")

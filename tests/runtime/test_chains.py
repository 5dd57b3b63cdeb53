"""From a configuration to chains: who is tried, who serves, and what is said of it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.faulty import Faults, FaultyFeatures, FaultyHeads
from edged.backends.openers import OPENERS, FeatureModels, Native, Opener, Openers
from edged.config.schema import Features, Heads
from edged.errors import ProviderUnavailable
from edged.geometry import EMBEDDING, HISTORY, HOP
from edged.runtime.chains import Chains
from edged.runtime.trials import Time
from tests.backends.rig import short
from tests.backends.virtual import Clock
from tests.oww_models import model
from tests.sounds import chirps

HISTORY_OF_NOISE = np.random.RandomState(3).standard_normal((HISTORY, EMBEDDING)).astype(np.float32)


class Bench:
    """Chains under a virtual clock, whose accelerators cost what the test says."""

    def __init__(self, folder: Path, costs_ms=None, **natives: str) -> None:
        self.clock = Clock()
        self.cpu = 0.0
        self.costs_ms = {"cpu": 1.0, **(costs_ms or {})}
        self.opened: list[str] = []
        plain = self.costs_ms.keys()
        features = {name: Opener(lambda models, name=name: self._features(name, models)) for name in plain}
        heads = {name: Opener(lambda models, name=name: self._heads(name, models)) for name in plain}
        for name, function in natives.items():
            features[name] = heads[name] = Opener(
                Native(
                    f"tests.backends.natives:{function}",
                    "tests.backends.natives:version",
                    "tests.backends.natives:lacking" if function == "lacked" else "",
                )
            )
        clocks = Time(self.clock, self.clock, lambda: self.cpu, self.clock.sleep)
        self.chains = Chains(Openers(features, heads), folder, clocks)
        self.chains.changes.begin()

    def features(self, **asked):
        return self.chains.features(Features(**asked), feature_models())

    def heads(self, *names: str, **asked):
        return self.chains.heads(Heads(**asked), head_models(*names))

    def changes(self):
        return [short(body) for body in self.chains.changes.take()]

    def states(self):
        return {verdict.provider: verdict.state for verdict in self.chains.verdicts()}

    def _faults(self, name: str) -> Faults:
        return Faults(lambda: self._spend(name), self.clock.spend, self.clock.hang)

    def _spend(self, name: str) -> None:
        self.cpu += self.costs_ms[name] / 1e3

    def _features(self, name: str, models: FeatureModels):
        self.opened.append(name)
        return FaultyFeatures(CpuFeatures(models.melspectrogram, models.embedding), name, self._faults(name))

    def _heads(self, name: str, models):
        self.opened.append(name)
        return FaultyHeads(CpuHeads(models), name, self._faults(name))


def feature_models() -> FeatureModels:
    return FeatureModels(model("melspectrogram.onnx"), model("embedding_model.onnx"))


def head_models(*names: str) -> tuple[HeadModel, ...]:
    return tuple(HeadModel(name, model(f"{name}_v0.1.onnx")) for name in names or ("alexa",))


@pytest.fixture
def bench(tmp_path):
    made = []

    def make(costs_ms=None, **natives) -> Bench:
        made.append(Bench(tmp_path / "cache", costs_ms, **natives))
        return made[-1]

    yield make
    for bench in made:
        bench.chains.stop()


def test_where_only_the_cpu_can_serve_nothing_is_tried_and_nothing_said(bench):
    desk = bench()
    features, heads = desk.features(), desk.heads()
    desk.chains.start()
    assert desk.chains.work() is None
    assert desk.chains._scout is None
    assert (features.provider, heads.provider) == ("cpu", "cpu")
    assert desk.opened == ["cpu", "cpu"]
    assert desk.changes() == []
    assert [(v.stage, v.provider, v.state, v.reason) for v in desk.chains.verdicts()] == [
        ("features", "opencl", "unavailable", "not part of this version"),
        ("features", "ort-opencl", "unavailable", "not part of this version"),
        ("features", "cpu", "serving", ""),
        ("heads", "rknn", "unavailable", "not part of this version"),
        ("heads", "cpu", "serving", ""),
    ]


def test_a_plain_run_imports_nothing_that_only_accelerators_need():
    program = (
        "import sys, edged.runtime.kit; print(*[m for m in sys.modules if m.startswith('edged.backends')])"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60).stdout
    loaded = {name.removeprefix("edged.backends.") for name in out.split()}
    assert "chain" in loaded
    assert not loaded & {"scout", "trial", "trial_cache", "owned", "native_call", "proofs", "calibrate"}


def test_auto_starts_on_the_cpu_and_moves_to_what_costs_less(bench):
    desk = bench({"opencl": 0.5})
    features = desk.features()
    assert features.provider == "cpu"
    desk.chains.work()
    assert features.provider == "opencl"
    assert desk.changes() == [("recovered", "cpu", "opencl")]
    assert desk.states() == {"opencl": "serving", "ort-opencl": "unavailable", "cpu": "standby"}


def test_auto_stays_on_the_cpu_where_nothing_costs_less(bench):
    desk = bench({"opencl": 1.5})
    features = desk.features()
    desk.chains.work()
    assert features.provider == "cpu"
    assert desk.changes() == []
    verdict = desk.chains.verdicts()[0]
    assert (verdict.provider, verdict.state) == ("opencl", "refused")
    assert verdict.reason == "costs 1.50 ms of processor time per step, cpu 1.00"


@pytest.mark.parametrize("order", [("opencl", "ort-opencl", "cpu"), ("ort-opencl", "opencl", "cpu")])
def test_the_order_of_the_configuration_decides_between_equals(bench, order):
    desk = bench({"opencl": 0.5, "ort-opencl": 0.5, "rknn": 1.0})
    features, heads = desk.features(order=order), desk.heads(order=("cpu", "rknn"))
    other = bench({"rknn": 1.0})
    preferred = other.heads(order=("rknn", "cpu"))
    for each in (desk, other):
        each.chains.work()
    assert features.provider == order[0]
    assert (heads.provider, preferred.provider) == ("cpu", "rknn")


def test_an_order_that_names_some_tries_only_those(bench):
    desk = bench({"opencl": 0.5, "ort-opencl": 0.4})
    features = desk.features(order=("opencl",))
    desk.chains.work()
    assert features.provider == "opencl"
    assert "ort-opencl" not in desk.opened


def test_a_named_backend_without_a_fallback_serves_from_the_first_hop_though_it_costs_more(bench):
    desk = bench({"opencl": 9.0})
    features = desk.features(backend="opencl")
    assert features.provider == "opencl"
    assert desk.chains.work() is None
    assert desk.states() == {"opencl": "serving"}
    assert desk.changes() == []


def test_a_named_backend_with_a_fallback_serves_once_it_passed_though_it_costs_more(bench):
    desk = bench({"rknn": 9.0})
    heads = desk.heads(backend="rknn", fallback=("cpu",))
    assert heads.provider == "cpu"
    desk.chains.work()
    assert heads.provider == "rknn"
    assert desk.changes() == [("recovered", "cpu", "rknn")]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("aborts", "the process that tries it is ended by SIGABRT"),
        ("wrong", "embeddings differ by 0.5, 0.001 is allowed"),
        ("absent", "/dev/dri/renderD129: permission denied"),
    ],
)
def test_a_named_backend_that_cannot_serve_is_an_error_or_the_fallback_that_was_written(
    bench, function, reason
):
    desk = bench(opencl=function)
    with pytest.raises(ProviderUnavailable) as caught:
        desk.features(backend="opencl")
    assert str(caught.value) == f'opencl: [features]: {reason}; say backend = "cpu", or fallback = ["cpu"]'
    features = desk.features(backend="opencl", fallback=("cpu",))
    desk.chains.work()
    assert features.provider == "cpu"
    assert desk.changes() == [("fallback", "opencl", "cpu")]


def test_what_this_machine_lacks_is_not_tried_and_said_in_its_own_words(bench):
    desk = bench(opencl="lacked")
    features = desk.features()
    assert desk.chains.work() is None
    assert features.provider == "cpu"
    assert desk.changes() == []
    said = [(v.provider, v.state, v.reason) for v in desk.chains.verdicts()]
    assert ("opencl", "unavailable", "no such node") in said
    with pytest.raises(ProviderUnavailable, match=r"^opencl: \[features\]: no such node; say backend"):
        desk.features(backend="opencl")
    desk.features(backend="opencl", fallback=("cpu",))
    assert desk.changes() == [("fallback", "opencl", "cpu")]


def test_what_was_learned_with_one_device_is_not_believed_of_another(bench, tmp_path):
    kept = tmp_path / "cache/trials.json"
    for device in ("0", "1", "0"):
        asked = replace(feature_models(), device=device)
        other = bench(opencl="aborts")
        other.chains.features(Features(), asked)
        other.chains.work()
    assert kept.read_text().count("SIGABRT") == 2


def test_what_aborted_is_remembered_at_the_next_start_and_not_tried_again(bench, tmp_path):
    for _ in range(2):
        desk = bench(rknn="aborts")
        desk.heads()
        assert desk.chains.work() is None
        verdict = desk.chains.verdicts()[0]
        assert (verdict.state, verdict.reason) == ("refused", "the process that tries it is ended by SIGABRT")
    assert (tmp_path / "cache" / "trials.json").read_text().count("SIGABRT") == 1
    third = bench(rknn="breaks")  # would answer otherwise, if it were asked
    third.heads()
    third.chains.work()
    assert third.chains.verdicts()[0].reason == verdict.reason


def test_a_native_backend_passes_in_a_child_and_serves_here_on_a_thread_of_its_own(bench):
    desk = bench(rknn="honest")
    heads = desk.heads(backend="rknn", fallback=("cpu",))
    expected = CpuHeads(head_models()).scores(HISTORY_OF_NOISE)
    desk.chains.work()
    assert desk.changes() == [("recovered", "cpu", "rknn")]
    assert heads.provider == "rknn"
    assert np.array_equal(heads.scores(HISTORY_OF_NOISE), expected)
    verdict = desk.chains.verdicts()[0]
    assert verdict.p95_ms > 0
    assert verdict.cpu_ms > 0
    heads.close()


def test_heads_that_a_provider_lacks_are_served_beside_the_others(tmp_path):
    only = {"alexa", "timer"}
    bench = Bench(tmp_path, {"rknn": 0.5})
    table = {**bench.chains._openers.heads}
    table["rknn"] = Opener(table["rknn"].open, serves=lambda head: head.name in only)
    chains = Chains(Openers(OPENERS.features, table), tmp_path, bench.chains._time)
    names = ("alexa", "hey_jarvis", "timer")
    heads = chains.heads(Heads(), head_models(*names))
    chains.work()
    assert heads.provider == "rknn+cpu"
    scores = dict(zip(heads.columns, heads.scores(HISTORY_OF_NOISE), strict=True))
    alone = CpuHeads(head_models(*names))
    assert scores == dict(zip(alone.columns, alone.scores(HISTORY_OF_NOISE), strict=True))
    assert dict(zip(heads.columns, heads.windows, strict=True))["timer.1_minute_timer"] == 34
    with pytest.raises(ProviderUnavailable, match=r"rknn: \[heads\]: cannot serve hey_jarvis; say backend"):
        chains.heads(Heads(backend="rknn"), head_models(*names))


def test_what_is_being_tried_ends_with_the_run(bench, tmp_path):
    desk = bench(opencl="hangs")
    chains = Chains(desk.chains._openers, tmp_path)
    features = chains.features(Features(), feature_models())
    chains.start()
    stream = features.stream()
    stream.step(np.zeros(1760, np.int16), True)
    chains.stop()
    features.close()
    assert not chains._scout._thread.is_alive()
    assert chains.verdicts()[0].state == "untried"


def test_changes_wait_for_ready_and_are_told_once(bench):
    desk = bench({"opencl": 0.5})
    fresh = Chains(desk.chains._openers, clocks=desk.chains._time)
    fresh.features(Features(), feature_models())
    fresh.work()
    assert fresh.changes.take() == []
    fresh.changes.begin()
    assert [body.NAME for body in fresh.changes.take()] == ["recovered"]
    assert fresh.changes.take() == []


def test_every_stream_of_a_chain_answers_like_the_cpu(bench):
    desk = bench({"opencl": 0.5})
    features = desk.features()
    desk.chains.work()
    plain = CpuFeatures(feature_models().melspectrogram, feature_models().embedding).stream()
    mine, window = features.stream(), np.zeros(1760, np.int16)
    for at in range(0, len(chirps(5)), HOP):
        window[480:] = chirps(5)[at : at + HOP]
        assert np.array_equal(mine.step(window, at == 0)[1], plain.step(window, at == 0)[1])

"""Advice carries its measurement, and there is none where nothing was measured."""

import os

import pytest

from edged.config.load import load
from edged.tune.advise import KNOBS, advise
from tests.machines import put
from tests.tune.conftest import Planned


@pytest.fixture
def loaded(tmp_path):
    def loaded(users: str = "", tuned: str = ""):
        (tmp_path / "edged.toml").write_text(users)
        return load(tmp_path / "edged.toml", {}, tuned=tuned)

    return loaded


@pytest.fixture(autouse=True)
def _four_cpus(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda who: {0, 1, 2, 3})


def found(loaded, cost, only=KNOBS):
    planned = Planned(cost)
    return {each.key: each for each in advise(loaded, 5, only=only, asked=planned)}, planned


def test_a_better_count_of_threads_is_advised_with_its_ratio_and_n(loaded):
    findings, _ = found(
        loaded(),
        lambda question: 10.0 / question.config.recognize.threads if question.part != "path" else 1.0,
    )
    setting = findings["recognize.threads"].setting
    assert (setting.place, setting.value) == (("recognize", "threads"), 4)
    assert setting.why.startswith("0.25 (")
    assert setting.why.endswith("of the cost of 1, n = 5")
    assert len(findings["recognize.threads"].measured) == 4


def test_threads_and_parallel_mode_are_measured_and_not_believed(loaded):
    def as_measured_on_x86(question):
        return 36.0 if question.parallel else {1: 1.0, 2: 1.26, 4: 3.2}[question.config.features.threads]

    findings, planned = found(loaded(), as_measured_on_x86, only=["threads"])
    threads = findings["features.threads"]
    assert threads.setting is None
    assert any("2 operators side by side: 3" in line and "n = 5" in line for line in threads.measured)
    assert any(question.parallel == 4 for question in planned.asked)


def test_what_no_key_can_ask_for_is_never_advised_however_fast_it_is(loaded):
    findings, _ = found(loaded(), lambda question: 0.1 if question.parallel else 1.0, only=["threads"])
    assert findings["features.threads"].setting is None


def test_the_order_is_that_of_the_costs_and_what_did_not_run_comes_last(loaded):
    def cost(question):
        backend = question.config.features.backend
        return "no driver" if backend == "ort-opencl" else {"opencl": 3.0, "cpu": 1.0, "auto": 1.0}[backend]

    findings, _ = found(loaded(), cost, only=["order"])
    order = findings["features.order"]
    assert order.setting.value == ["cpu", "opencl", "ort-opencl"]
    assert "n = 5" in order.setting.why
    assert "ort-opencl: not measured: no driver" in order.measured


def test_where_only_the_cpu_runs_no_order_is_advised(loaded):
    def cost(question):
        stages = (question.config.features.backend, question.config.heads.backend)
        return 1.0 if set(stages) == {"cpu"} else "not here"

    findings, _ = found(loaded(), cost, only=["order", "precision"])
    assert {key: each.setting for key, each in findings.items()} == dict.fromkeys(findings)
    assert len(findings) == 3


def test_precision_is_measured_where_a_device_offers_it(loaded):
    findings, planned = found(
        loaded(), lambda question: 0.6 if question.config.features.precision == "fp16" else 1.0, ["precision"]
    )
    assert findings["features.precision"].setting.value == "fp16"
    assert {question.config.features.backend for question in planned.asked} == {"opencl"}


def test_what_cannot_be_measured_here_says_why_and_asks_nothing(loaded):
    text = '[features]\nbackend = "cpu"\n[heads]\nbackend = "cpu"\n[recognize]\nenabled = false\n'
    findings, planned = found(loaded(text), lambda question: 1.0, ["order", "precision", "placement"])
    assert planned.asked == []
    assert all(each.setting is None and "not measured" in each.measured[0] for each in findings.values())
    assert set(findings) == {"features.order", "heads.order", "features.precision", "service.placement"}


def test_placement_is_measured_where_there_are_two_kinds_of_cores(loaded, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path / "board"))
    for cpu, capacity in enumerate((397, 397, 1024, 1024)):
        put(tmp_path / "board", f"/sys/devices/system/cpu/cpu{cpu}/cpu_capacity", f"{capacity}\n")
    put(tmp_path / "board", "/sys/devices/system/cpu/possible", "0-3\n")
    put(tmp_path / "board", "/sys/devices/system/cpu/online", "0-3\n")
    findings, _ = found(
        loaded(), lambda question: 0.5 if question.config.service.placement == "off" else 1.0, ["placement"]
    )
    assert findings["service.placement"].setting.value == "off"


def test_what_the_user_wrote_is_named_and_what_was_tuned_before_is_not(loaded):
    def cost(question):
        return 10.0 / question.config.recognize.threads if question.part != "path" else 1.0

    text = "[recognize]\nthreads = 2\n"
    written, _ = found(loaded(text), cost, only=["threads"])
    assert written["recognize.threads"].written.endswith("edged.toml:2")
    tuned, _ = found(loaded("", text), cost, only=["threads"])
    assert tuned["recognize.threads"].written == ""
    assert tuned["recognize.threads"].setting.value == 4

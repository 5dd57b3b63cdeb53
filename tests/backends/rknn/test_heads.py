"""Heads on the NPU answer as the CPU's do, or fail by name; nothing in between comes out."""

import gc
import logging
import subprocess
import sys

import numpy as np
import pytest

from edged.backends.cpu.heads import CpuHeads
from edged.backends.probe import probe_heads
from edged.backends.rknn import errors
from edged.backends.rknn.heads import open_heads
from edged.errors import ProviderFailed
from tests.backends.rknn.artifacts import NAMES, compiled, head, heads_on_npu
from tests.backends.rknn.conftest import DOUBLES


@pytest.fixture
def npu(lite, sheet):
    heads = open_heads(heads_on_npu(sheet))
    yield heads
    heads.close()


def histories(count, seed=1):
    return (np.random.RandomState(seed).standard_normal((count, 34, 96)) * 8).astype(np.float32)


def test_it_scores_as_the_cpu_does(npu):
    probe_heads(npu, CpuHeads([head(name) for name in NAMES]))
    assert npu.precision == "fp16"
    assert npu.device == "npu core 0"


def test_heads_of_three_windows_are_three_graphs_and_those_of_one_window_are_one(npu, lite):
    assert len(lite.OPENED) == 3
    assert len(NAMES) == 4


@pytest.mark.parametrize(("core", "mask"), [(0, 1), (1, 2), (2, 4)])
def test_the_core_that_was_asked_for_is_the_one_that_runs(lite, sheet, core, mask):
    heads = open_heads(heads_on_npu(sheet, core=core))
    heads.close()
    assert set(lite.OPENED) == {mask}
    assert heads.device == f"npu core {core}"


def test_what_is_closed_is_released_once_and_fails_by_name(npu, lite):
    npu.close()
    npu.close()
    assert len(lite.RELEASED) == 3
    with pytest.raises(ProviderFailed, match="the heads were closed"):
        npu.scores(histories(1)[0])


FAULTS = {
    "run code": ({"run": -1}, errors.NpuRunFailed, r"rknn_run: RKNN_ERR_FAIL \(sudo dmesg"),
    "time-out of the driver": ({"run": -2}, errors.NpuRunFailed, r"rknn_run: RKNN_ERR_TIMEOUT"),
    "code nobody knows": ({"run": -77}, errors.NpuRunFailed, r"rknn_run: error -77"),
    "outputs": ({"outputs": -1}, errors.NpuRunFailed, r"no answer: RKNN_ERR_FAIL"),
    "stale": ({"stale": True}, errors.NpuStale, r"belongs to another input: its canary is"),
    "frozen": ({"frozen": True}, errors.NpuStale, r"belongs to another input"),
    "NaN": ({"nan": True}, errors.NpuNonsense, r"NaN or infinity"),
    "beyond one": ({"offset": 1.5}, errors.NpuNonsense, r"answers \d\.\d+, no score from 0 to 1"),
    "below zero": ({"offset": -1.5}, errors.NpuNonsense, r"answers -\d\.\d+, no score from 0 to 1"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_an_error_with_its_name_and_never_a_score(npu, lite, name):
    faults, kind, reason = FAULTS[name]
    first, second = histories(2)
    npu.scores(first)
    for fault, value in faults.items():
        setattr(lite.FAULTS, fault, value)
    with pytest.raises(kind, match=reason):
        npu.scores(second)
    lite.FAULTS.reset()
    assert np.abs(npu.scores(second) - npu.cpu.scores(second)).max() < 0.01


def test_what_computes_otherwise_later_is_found_by_its_stored_windows(npu, lite):
    """Of a head that answers 0 to everything, silence tells nothing, and neither does its canary."""
    history = np.zeros((34, 96), np.float32)
    npu.recheck()
    npu.scores(history)
    lite.FAULTS.gain = 0.0
    npu.scores(history)
    npu.recheck()
    with pytest.raises(
        errors.NpuDisagrees, match=r"heads-\d+-plain\.rknn: \S+ answers the same to every sound"
    ):
        npu.scores(history)


def test_many_stored_windows_are_computed_a_few_at_a_time_and_all_in_turn(lite, sheet):
    heads = open_heads(heads_on_npu(sheet, ("timer",)))
    (graph,) = heads._graphs
    runtime, windows = graph._lite._lite.rknn_runtime, graph._stored[0]
    asked, counts = [], []
    keep = runtime.set_inputs

    def watched(inputs, *given, **more):
        asked.append(inputs[0][0].copy())
        return keep(inputs, *given, **more)

    runtime.set_inputs = watched
    for _ in range(2):
        before = len(asked)
        heads.recheck()
        counts.append(len(asked) - before)
    assert len(windows) == 12
    assert counts == [6, 6]
    assert all(any(np.array_equal(window, each) for each in asked) for window in windows)
    heads.close()


def test_a_wrong_form_is_refused_here_because_the_package_takes_it(npu, lite):
    graph = npu._graphs[0]._lite
    swapped = np.zeros((1, 96, 16), np.float32)
    assert graph._lite.inference(inputs=[swapped]) is not None
    for wrong in (swapped, np.zeros((1, 16, 96)), np.zeros((1, 96, 16), np.float32).transpose(0, 2, 1)):
        with pytest.raises(errors.NpuRunFailed, match=r"not float32 \(1, 16, 96\)"):
            graph.run(wrong)
    with pytest.raises(ProviderFailed, match="expected"):
        npu.scores(np.zeros((16, 96), np.float32))


OPENING = {
    "load": ({"load": -1}, errors.NpuInitFailed, r"load_rknn: Invalid RKNN model path"),
    "init": ({"init": -1}, errors.NpuInitFailed, r"init_runtime: RKNN_ERR_FAIL \(sudo dmesg"),
    "old runtime": ({"init": -6}, errors.NpuInitFailed, r"RKNN_ERR_MODEL_INVALID \(librknnrt\.so is older"),
    "locked": ({"init": -3}, errors.NpuInitFailed, r"RKNN_ERR_DEVICE_UNAVAILABLE \(add the user to"),
    "strange code": ({"init": -99}, errors.NpuInitFailed, r"init_runtime: error -99$"),
    "core mask": ({"core": -1}, errors.NpuInitFailed, r"the driver refuses this core of the NPU"),
    "constant": ({"constant": True}, errors.NpuProbeMismatch, r"answers the same to every sound"),
    "frozen": ({"frozen": True}, errors.NpuProbeMismatch, r"fails on its stored windows: the answer belongs"),
    "stale": ({"stale": True}, errors.NpuProbeMismatch, r"fails on its stored windows"),
    "NaN": ({"nan": True}, errors.NpuProbeMismatch, r"fails on its stored windows: answers NaN"),
    "wrong": ({"gain": 0.5}, errors.NpuProbeMismatch, r"scores \d\.\d+ for a stored window, the CPU"),
    "run code": ({"run": -1}, errors.NpuProbeMismatch, r"rknn_run: RKNN_ERR_FAIL"),
}  # fmt: skip


@pytest.mark.parametrize("name", OPENING)
def test_what_cannot_be_opened_says_why_and_is_released(lite, sheet, name):
    faults, kind, reason = OPENING[name]
    for fault, value in faults.items():
        setattr(lite.FAULTS, fault, value)
    with pytest.raises(kind, match=reason) as caught:
        open_heads(heads_on_npu(sheet))
    assert "\n" not in str(caught.value)
    assert caught.value.provider == "rknn"
    opened = 0 if name in ("load",) else 1
    assert len(lite.RELEASED) >= opened


def test_noise_as_fp16_makes_it_is_no_fault(lite, sheet):
    lite.FAULTS.noise = 0.002
    heads = open_heads(heads_on_npu(sheet))
    probe_heads(heads, heads.cpu)
    heads.close()


def test_the_names_of_logging_levels_survive_import_and_use(lite, sheet):
    """In a process of its own: the double, as the package, renames them when it is imported."""
    said = (
        "import logging, sys\n"
        "from pathlib import Path\n"
        "from edged.backends.rknn.heads import open_heads\n"
        "from tests.backends.rknn.artifacts import heads_on_npu\n"
        f"open_heads(heads_on_npu(Path({str(sheet)!r}), ('alexa',)))\n"
        "assert 'rknnlite.api' in sys.modules\n"
        "logging.getLogger().setLevel('INFO')\n"
        "print(logging.getLevelName(30))\n"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=False)
    assert done.stdout == "WARNING\n", done.stderr


def test_what_the_package_says_reaches_the_error_and_not_stderr(lite, sheet, capfd):
    lite.FAULTS.init = -1
    with pytest.raises(errors.NpuInitFailed):
        open_heads(heads_on_npu(sheet))
    assert capfd.readouterr().err == ""
    assert logging.getLogger("acuityLogger").handlers


def test_the_form_without_reduce_mean_is_tried_where_the_plain_one_is_refused(lite, tmp_path):
    sheet = compiled(tmp_path / "rknn-rk3588", ("alexa",), more=("safe",))
    plain = sheet.parent / "heads-16-plain.rknn"
    plain.write_bytes(plain.read_bytes()[:-1])
    heads = open_heads(heads_on_npu(sheet, ("alexa",)))
    assert [graph.artifact.layernorm for graph in heads._graphs] == ["safe"]
    heads.close()


@pytest.mark.parametrize("spoilt", ["heads-16-plain.rknn", "heads-16-plain.npz"])
def test_a_damaged_file_is_refused_before_the_npu_is_woken(lite, tmp_path, spoilt):
    sheet = compiled(tmp_path / "rknn-rk3588", ("alexa",))
    file = sheet.parent / spoilt
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(
        errors.NpuModelRejected, match=f"{spoilt}: damaged or another file; convert the heads"
    ):
        open_heads(heads_on_npu(sheet, ("alexa",)))
    assert lite.OPENED == []


def test_a_head_that_nothing_was_compiled_of_is_named(lite, tmp_path):
    sheet = compiled(tmp_path / "rknn-rk3588", ("alexa",))
    with pytest.raises(
        errors.NpuModelRejected, match="no compiled graph holds hey_jarvis: edged models convert"
    ):
        open_heads(heads_on_npu(sheet, ("alexa", "hey_jarvis")))


def test_cycles_that_inference_leaves_behind_are_collected_by_tidying(npu):
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for history in histories(200):
            npu.scores(history)
        grown = len(gc.get_objects()) - before
        npu.tidy()
        assert grown > 200
        assert len(gc.get_objects()) - before < grown / 10
    finally:
        gc.enable()


def test_the_double_is_found_by_children():
    assert (DOUBLES / "rknnlite/api/__init__.py").is_file()

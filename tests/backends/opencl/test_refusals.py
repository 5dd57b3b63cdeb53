"""What cannot run says why in one sentence, before or while it runs."""

import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from edged.backends.cpu.features import CpuFeatures
from edged.backends.opencl.designs import Choice
from edged.backends.opencl.features import OpenClFeatures
from edged.backends.opencl.memory import MEGABYTE
from edged.errors import ModelError, ProviderFailed, ProviderUnavailable
from edged.geometry import PRIME_FRAMES
from tests import pocl
from tests.backends.opencl.driver_calls import counted
from tests.backends.opencl.sounds import models, references
from tests.oww_models import model

CHOICE = Choice("single", 4, "cpu")
OUT_OF_RESOURCES = -5


def features(**how) -> OpenClFeatures:
    return OpenClFeatures(*models(), pocl.device(), **{"choice": CHOICE, **how})


def with_operator(kind: str, folder):
    """Openwakeword's embedding model with another operator in the place of its second activation."""
    altered = onnx.load(model("embedding_model.onnx"))
    nodes = altered.graph.node
    leaky, most = nodes[5], nodes[6]
    other = helper.make_node(kind, [leaky.input[0]], [most.output[0]], name="the odd one")
    del nodes[5:7]
    nodes.insert(5, other)
    path = folder / "altered.onnx"
    onnx.save(altered, path)
    return path


@pytest.mark.parametrize("kind", ["Tanh", "Relu", "Softplus"])
def test_an_operator_without_a_kernel_is_refused_by_name_and_the_cpu_serves(kind, tmp_path):
    path = with_operator(kind, tmp_path)
    with pytest.raises(
        ProviderUnavailable, match=f"no kernel for the operator {kind} .*'the odd one'"
    ) as refusal:
        OpenClFeatures(model("melspectrogram.onnx"), path, pocl.device())
    assert "\n" not in str(refusal.value)
    stream = CpuFeatures(model("melspectrogram.onnx"), path).stream()
    full = ReferenceEvaluator(str(path))
    mel = np.random.RandomState(1).normal(1, 1, (PRIME_FRAMES, 32)).astype(np.float32)
    stream.prime(mel)
    (expected,) = full.run(None, {"input_1": mel[None, -76:, :, None]})
    assert np.abs(stream.embedding - expected.reshape(-1)).max() < 1e-3


def test_an_operator_that_nobody_knows_is_refused_by_name_everywhere(tmp_path):
    path = with_operator("Cumsum", tmp_path)
    with pytest.raises(ModelError, match=r"Cumsum \(node 'the odd one'\) where a Conv was expected"):
        OpenClFeatures(model("melspectrogram.onnx"), path, pocl.device())


def test_the_models_must_fit_the_limit():
    with pytest.raises(
        ProviderUnavailable, match=r"models and work space: 1\.90 MB .* features\.mem_limit_mb = 1$"
    ):
        features(mem_limit_mb=1)


def test_streams_must_fit_the_limit_and_give_back_what_they_held():
    opened = features(mem_limit_mb=3)
    before = opened.stats().bytes_allocated
    streams = []
    with pytest.raises(ProviderFailed, match="a stream: "):
        streams += iter(opened.stream, None)
    held = [stream.step(references()[0].pieces[0], True) for stream in streams[:1]]
    assert len(streams) >= 2
    assert held
    assert before < opened.stats().bytes_allocated <= 3 * MEGABYTE
    streams.clear()
    gc.collect()
    assert opened.stats().bytes_allocated == before
    opened.stream()


OPENING = [
    "CreateContext",
    "CreateCommandQueueWithProperties",
    "CreateBuffer",
    "CreateProgramWithSource",
    "BuildProgram",
]
OPENING += ["CreateKernel", "SetKernelArg", "EnqueueWriteBuffer", "EnqueueNDRangeKernel", "EnqueueReadBuffer"]


@pytest.mark.parametrize("call", [*OPENING, "EnqueueCopyBuffer", "Finish"])
def test_a_driver_that_fails_while_it_opens_is_unavailable_in_one_sentence(call):
    with (
        counted(pocl.device(), {call: OUT_OF_RESOURCES}) as calls,
        pytest.raises(ProviderUnavailable) as refusal,
    ):
        features()
    assert calls[call]
    assert "\n" not in str(refusal.value)
    assert "OUT_OF_RESOURCES" in str(refusal.value)


@pytest.mark.parametrize("mel", ["device", "cpu"])
@pytest.mark.parametrize("call", ["EnqueueWriteBuffer", "EnqueueNDRangeKernel", "EnqueueReadBuffer"])
def test_a_driver_that_fails_in_a_step_fails_in_one_sentence_and_a_replay_mends_it(call, mel):
    reference = references()[0]
    stream = features(choice=Choice("single", 4, mel)).stream()
    for hop in range(12):
        stream.step(reference.pieces[hop], hop == 0)
    with counted(pocl.device(), {call: OUT_OF_RESOURCES}), pytest.raises(ProviderFailed) as failure:
        stream.step(reference.pieces[12], False)
    assert "OUT_OF_RESOURCES" in str(failure.value)
    assert "\n" not in str(failure.value)
    stream.prime(reference.mels[2:12].reshape(PRIME_FRAMES, -1))
    _, embedding = stream.step(reference.pieces[12], False)
    assert np.abs(embedding - reference.embeddings[12]).max() < 1e-3


def test_a_device_that_allocates_too_little_at_once_is_refused():
    class Small:
        """PoCL with less memory."""

        max_mem_alloc_size = 1_000_000

        def __getattr__(self, name):
            return getattr(pocl.device(), name)

    from edged.backends.opencl.machine import check_room

    with pytest.raises(ProviderUnavailable, match="allocates 1000000 bytes at most, 1307232 are needed"):
        check_room(Small(), 1_307_232)


def test_a_stream_of_a_closed_backend_fails_as_a_provider_does():
    opened = features()
    stream = opened.stream()
    opened.close()
    for call in (
        lambda: stream.step(references()[0].pieces[0], True),
        lambda: stream.prime(None),
        opened.profile,
    ):
        with pytest.raises(ProviderFailed, match="closed"):
            call()


def test_closing_does_not_wait_for_a_step_that_hangs():
    opened = features()
    stream = opened.stream()
    hangs, let_go = threading.Event(), threading.Event()

    def hang():
        hangs.set()
        let_go.wait()

    with counted(pocl.device(), before={"EnqueueReadBuffer": hang}):
        thread = threading.Thread(target=stream.step, args=(references()[0].pieces[0], True))
        thread.start()
        hangs.wait()
        opened.close()
        assert thread.is_alive()
        let_go.set()
        thread.join()


def test_without_pyopencl_it_is_unavailable_in_one_sentence(tmp_path):
    (tmp_path / "pyopencl.py").write_text("raise ModuleNotFoundError('No module named pyopencl')")
    code = "from edged.backends.opencl.driver import driver\ndriver()"
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "ProviderUnavailable: opencl: pyopencl does not import (No module named pyopencl)" in done.stderr


def test_what_was_measured_is_told():
    opened = features(choice=Choice("pair", 4, "device"))
    stream = opened.stream()
    before = opened.stats()
    for hop, piece in enumerate(references()[0].pieces[:20]):
        stream.step(piece, hop == 0)
    after = opened.stats()
    assert after.steps - before.steps == 20
    assert 0 < after.cpu_s - before.cpu_s < 2
    assert (after.device, after.launches, after.kernel_s) == (pocl.device().name.strip(), 11, None)
    assert 1e-6 < opened.profile() == opened.stats().kernel_s < 1

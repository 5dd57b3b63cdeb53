"""Whatever keeps the real OpenCL provider from serving is one sentence, and the CPU hears in its place."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edged.backends.openers import OPENERS, FeatureModels
from edged.config.schema import Features
from edged.errors import ProviderUnavailable
from edged.geometry import STEP_SAMPLES
from edged.runtime.chains import Chains
from tests import pocl
from tests.backends.opencl.sounds import models
from tests.backends.opencl.test_refusals import with_operator
from tests.machines import put

NAMED = Features(backend="opencl")
WITH_CPU = Features(backend="opencl", fallback=("cpu",))


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Path:
    """A machine without drivers, whose children find PoCL beside pyopencl."""
    pocl.only()
    pocl.device()
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path / "machine"))
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", pocl.environment()["PYTHONPATH"])
    monkeypatch.delenv("OCL_ICD_VENDORS", raising=False)
    return tmp_path / "machine"


def no_driver(machine, monkeypatch, folder) -> FeatureModels:
    return FeatureModels(*models())


def driver_without_its_library(machine, monkeypatch, folder) -> FeatureModels:
    """An ICD file is there, and what it names is not: pyopencl finds no platform."""
    import pyopencl

    put(machine, "/etc/OpenCL/vendors/mali.icd", "libMaliOpenCL.so.1\n", 0o644)
    site, vendors = folder / "site", machine / "etc/OpenCL/vendors"
    shutil.copytree(
        Path(pyopencl.__file__).parent, site / "pyopencl", ignore=shutil.ignore_patterns("*pocl*")
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.setenv("OCL_ICD_VENDORS", str(vendors))
    return FeatureModels(*models())


def no_gpu(machine, monkeypatch, folder) -> FeatureModels:
    put(machine, "/etc/OpenCL/vendors/pocl.icd", "libpocl.so.2\n", 0o644)
    return FeatureModels(*models())


def wrong_device(machine, monkeypatch, folder) -> FeatureModels:
    return FeatureModels(*models(), device="adreno")


def too_little_memory(machine, monkeypatch, folder) -> FeatureModels:
    return FeatureModels(*models(), device="pocl", mem_limit_mb=1)


def unknown_operator(machine, monkeypatch, folder) -> FeatureModels:
    good = FeatureModels(*models(), device="pocl")
    return replace(good, embedding=with_operator("Tanh", folder))


REASONS = {
    no_driver: "no OpenCL driver is installed, there is no /etc/OpenCL/vendors/*.icd; ",
    driver_without_its_library: "no OpenCL driver (",
    no_gpu: "no GPU among the devices here: 0: ",
    wrong_device: "features.device = 'adreno' fits none of the devices here: 0: ",
    too_little_memory: "features.mem_limit_mb = 1",
    unknown_operator: "no kernel for the operator Tanh ",
}


@pytest.mark.parametrize("amiss", REASONS)
def test_what_is_amiss_is_one_sentence_and_the_cpu_serves(amiss, machine, monkeypatch, tmp_path):
    asked = amiss(machine, monkeypatch, tmp_path)
    chains = Chains(OPENERS, tmp_path / "cache")
    chains.changes.begin()
    features = chains.features(WITH_CPU, asked)
    chains.work()
    _, embedding = features.stream().step(np.zeros(STEP_SAMPLES, np.int16), True)
    assert np.isfinite(embedding).all()
    assert features.provider == "cpu"
    ((opencl, cpu),) = [chains.verdicts()]
    assert (opencl.provider, opencl.state, cpu.state) == ("opencl", "unavailable", "serving")
    assert REASONS[amiss] in opencl.reason
    assert "\n" not in opencl.reason
    (change,) = chains.changes.take()
    assert (change.from_, change.to, change.reason) == ("opencl", "cpu", opencl.reason)
    chains.stop()
    features.close()


def test_without_a_fallback_the_sentence_is_the_error(machine):
    with pytest.raises(ProviderUnavailable, match=r"^opencl: \[features\]: no OpenCL driver is installed"):
        Chains(OPENERS).features(NAMED, FeatureModels(*models()))


def test_a_device_that_was_named_is_tried_in_a_child_and_serves(machine, tmp_path):
    chains = Chains(OPENERS, tmp_path / "cache")
    features = chains.features(WITH_CPU, FeatureModels(*models(), device="pocl"))
    chains.work()
    verdict = chains.verdicts()[0]
    assert verdict.device == pocl.device().name.strip() or verdict.reason.startswith("too slow")
    if verdict.state != "refused":  # a machine that is busy with other tests may be too slow, and rightly so
        assert features.provider == "opencl"
    _, embedding = features.stream().step(np.zeros(STEP_SAMPLES, np.int16), True)
    assert np.isfinite(embedding).all()
    chains.stop()
    features.close()

"""An onnxruntime that would compute on the CPU in secret is found out by its own profile."""

import warnings

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends import ort_opencl
from edged.backends.cpu.session import one_thread
from edged.backends.openers import FeatureModels
from edged.backends.ort_opencl import (
    NAME,
    Offer,
    OrtOpenClFeatures,
    objection,
    offer,
    profiled,
    where_convolutions_ran,
)
from edged.errors import ProviderUnavailable
from edged.graphs import streaming_embedding
from tests.oww_models import model

CPU = "CPUExecutionProvider"
CONVOLUTIONS = 20
SILENT = "AzureExecutionProvider"
"""A provider of stock builds that has a kernel for none of these nodes: it leaves all of them to the CPU."""


def paths():
    return model("melspectrogram.onnx"), model("embedding_model.onnx")


def test_a_stock_onnxruntime_offers_nothing_and_says_so_without_a_session():
    assert offer() is None
    said = ort_opencl.missing(FeatureModels(*paths()))
    assert said == (
        f"onnxruntime {onnxruntime.__version__} has no OpenCL execution provider; no released build has"
    )
    with pytest.raises(ProviderUnavailable) as caught:
        ort_opencl.open_features(FeatureModels(*paths()))
    assert (caught.value.provider, caught.value.reason) == ("ort-opencl", said)


@pytest.mark.parametrize("asked", [NAME, SILENT])
def test_what_onnxruntime_hides_its_profile_tells(asked, tmp_path, capfd):
    """Asked for a provider by name, a stock onnxruntime opens a session and computes on the CPU instead."""
    options = one_thread(onnxruntime)
    options.enable_profiling = True
    options.profile_file_prefix = str(tmp_path / "run")
    graph = streaming_embedding.build(paths()[1]).model
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = onnxruntime.InferenceSession(graph, options, providers=[asked, CPU])
    ran = where_convolutions_ran(profiled(session))
    assert ran == {CPU: CONVOLUTIONS}
    assert objection(ran, asked) == f"{asked} computed 0 of 20 convolutions; elsewhere: {CPU} 20"


def test_a_provider_that_leaves_everything_to_the_cpu_is_refused_with_the_count():
    assert SILENT in onnxruntime.get_available_providers()
    with pytest.raises(ProviderUnavailable) as caught:
        OrtOpenClFeatures(*paths(), Offer(SILENT))
    assert caught.value.reason == f"{SILENT} computed 0 of 20 convolutions; elsewhere: {CPU} 20"


def test_a_provider_that_this_build_does_not_know_is_refused_and_prints_nothing(capfd):
    with pytest.raises(ProviderUnavailable, match=f"has no {NAME}"):
        OrtOpenClFeatures(*paths(), Offer(NAME))
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("plugin", [False, True])
def test_a_provider_that_computes_the_convolutions_serves(plugin):
    """The CPU's own provider stands in: built in, and as a device of a plugin."""
    opened = OrtOpenClFeatures(
        *paths(), Offer(CPU, tuple(onnxruntime.get_ep_devices()[:1]) if plugin else ())
    )
    assert (opened.provider, opened.device, opened.precision) == ("ort-opencl", CPU, "fp32")
    _, embedding = opened.stream().step(np.zeros(1760, np.int16), True)
    assert np.isfinite(embedding).all()


@given(st.integers(0, 20))
def test_nine_of_ten_convolutions_must_run_on_the_provider(there):
    ran = {NAME: there, CPU: 20 - there}
    assert (objection(ran, NAME) == "") == (there >= 18)


def test_a_profile_without_a_convolution_is_no_proof():
    assert objection(where_convolutions_ran([{"cat": "Session", "name": "run"}]), NAME) == (
        f"{NAME} computed 0 of 0 convolutions; elsewhere: none were seen"
    )


def test_a_node_that_ran_twice_counts_once():
    event = {"cat": "Node", "args": {"node_index": "3", "provider": CPU, "op_name": "FusedConv"}}
    assert where_convolutions_ran([event, event]) == {CPU: 1}

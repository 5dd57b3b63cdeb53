"""The kernels come from the graph: another network of the same kind is computed, or refused by name."""

import itertools
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from edged.backends.cpu.features import CpuFeatures
from edged.backends.opencl.designs import CHOICES, Choice, launches
from edged.backends.opencl.features import OpenClFeatures
from edged.backends.opencl.plan import plan
from edged.errors import ProviderUnavailable
from edged.geometry import MEL_BINS, MEL_WINDOW
from edged.graphs import embedding_layers
from edged.graphs.embedding_layers import Layer
from tests import pocl
from tests.backends.opencl.sounds import pieces
from tests.oww_models import model
from tests.sounds import chirps

SQUARE = [
    # height, width, channels, pool: fewer and larger convolutions than openWakeWord's, of other widths
    *[(3, 3, 8, None), (3, 3, 12, (2, 2)), (3, 3, 16, None), (3, 3, 20, (1, 2)), (3, 3, 28, None)],
    *[(3, 1, 24, (2, 2)), (3, 3, 32, None), (3, 1, 4, None), (1, 3, 36, (1, 2)), (3, 3, 40, None)],
    *[(3, 3, 44, (2, 2)), (3, 1, 96, None)],
]


def network(folder: Path, layers=SQUARE) -> Path:
    """Write an embedding model of that chain, with random weights; every third has no bias."""
    rng = np.random.RandomState(5)
    nodes, constants = [], [numpy_helper.from_array(np.array(-0.4, np.float32), "lowest")]

    def constant(name, value):
        constants.append(numpy_helper.from_array(value, name))
        return name

    def node(kind, inputs, **attributes):
        output = f"value_{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [output], name=f"node_{len(nodes)}", **attributes))
        return output

    shapes = [constant(n, np.array(s, np.int64)) for n, s in (("in", [1, 1, 76, 32]), ("out", [1, 1, 1, 96]))]
    flow, channels = node("Reshape", ["input_1", shapes[0]]), 1
    for index, (height, width, outputs, pool) in enumerate(layers):
        scale = 1.5 / np.sqrt(channels * height * width)
        weights = rng.normal(scale=scale, size=(outputs, channels, height, width)).astype(np.float32)
        inputs = [flow, constant(f"weights_{index}", weights)]
        if index % 3 != 2:
            inputs += [constant(f"bias_{index}", rng.normal(size=outputs).astype(np.float32))]
        flow = node("Conv", inputs, kernel_shape=[height, width], pads=[0, width // 2, 0, width // 2])
        if index + 1 < len(layers):
            flow = node("Max", [node("LeakyRelu", [flow], alpha=0.2), "lowest"])
        if pool:
            flow = node("MaxPool", [flow], kernel_shape=list(pool), strides=list(pool))
        channels = outputs
    nodes.append(helper.make_node("Reshape", [flow, shapes[1]], ["embedding"]))
    tensor = helper.make_tensor_value_info
    inputs = [tensor("input_1", 1, (1, MEL_WINDOW, MEL_BINS, 1))]
    graph = helper.make_graph(nodes, "other", inputs, [tensor("embedding", 1, (1, 1, 1, 96))], constants)
    path = folder / "other.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.mark.parametrize("design", ["layered", "pair", "single"])
def test_another_network_is_computed_as_on_the_cpu(design, tmp_path):
    paths = model("melspectrogram.onnx"), network(tmp_path)
    mine = OpenClFeatures(*paths, pocl.device(), choice=Choice(design, 1, "cpu")).stream()
    theirs = CpuFeatures(*paths).stream()
    for hop, piece in enumerate(pieces(chirps(25))):
        (_, answer), (_, expected) = (stream.step(piece, hop == 0) for stream in (mine, theirs))
        assert np.abs(expected).max() > 0.1
        assert np.abs(answer - expected).max() <= 1e-4 * np.abs(expected).max(), hop


def layer(outputs=8, channels=4, height=1, width=3) -> Layer:
    weights = np.zeros((outputs, channels, height, width), np.float32)
    return Layer(weights, None, activated=True, pool=(1, 1))


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ((layer(8, 1, 3, 3), layer(6, 8)), r"Conv 1 of shape \(6, 8, 1, 3\)"),
        ((layer(8, 1, 3, 3), layer(8, 6)), r"Conv 1 of shape \(8, 6, 1, 3\)"),
        ((layer(8, 2, 3, 3),), r"Conv 0 of shape \(8, 2, 3, 3\)"),
        ((layer(8, 1, 3, 1),), "first Conv of 3x1"),
    ],
)
def test_channels_that_no_kernel_computes_are_refused_by_place_and_shape(layers, said):
    with pytest.raises(ProviderUnavailable, match=said):
        plan(layers)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_every_band_of_every_convolution_has_an_item(choice):
    found = plan(embedding_layers.read(model("embedding_model.onnx")))
    computed = [step.index for launch in launches(found, choice) for step in launch.convolutions]
    assert computed == [step.index for step in found.convolutions]
    for launch in launches(found, choice):
        assert launch.items % launch.group == 0
        assert (
            all(step.bands % launch.groups == 0 for step in launch.convolutions) or choice.design == "layered"
        )


def test_no_two_activations_lie_in_the_same_place():
    found = plan(embedding_layers.read(model("embedding_model.onnx")))
    for kind, size in (("state", found.state), ("scratch", found.scratch)):
        places = [step.source for step in found.convolutions if step.source.kind == kind]
        ends = sorted((place.start, place.start + place.size) for place in places)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
        assert ends[-1][1] <= size

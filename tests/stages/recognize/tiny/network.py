"""Pieces of the tiny models: graphs of random weights whose answer is a function of the sound alone."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edged.catalog.manifest import Model, RecognizerFacts
from edged.catalog.model_file import ModelFile

FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
BANDS = 80
UNITS = ["<blk>", "▁on", "▁off", "▁li", "ght", "▁ti", "mer", "▁a", "s", "▁kit", "chen", "▁red"]
"""Whole words and pieces of words; id 0 is the blank."""


class Network:
    """A graph in the making."""

    def __init__(self):
        self.nodes, self.inputs, self.outputs, self.constants = [], [], [], []

    def input(self, name, shape, kind=FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name, shape, kind=FLOAT):
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, name, value, kind=np.float32):
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def add(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def carry(self, name, shape, kind=FLOAT):
        """A state that comes out as it went in."""
        self.input(name, shape, kind)
        self.output(self.add("Identity", [name], f"new_{name}"), shape, kind)

    def listen(self, x, frame, stride, units, output, silent=(), blank=4.0):
        """Frames (n, t, frame) to scores (n, t // stride, units): one convolution over time.

        Weights of a band add up to nothing over time: only what changes counts, not loudness and colour.
        """
        rng = np.random.default_rng(7)
        weight = rng.normal(size=(units, frame, stride)).astype(np.float32)
        stacked = weight.reshape(units, frame // BANDS or 1, -1, stride)
        stacked -= stacked.mean(axis=(1, 3), keepdims=True)
        weight *= 0.4
        bias = np.zeros(units, np.float32)
        bias[0] += blank
        bias[list(silent)] = -1e4
        self.constant("weight", weight)
        self.constant("bias", bias)
        self.add("Transpose", [x], "x_bands_first", perm=[0, 2, 1])
        self.add("Conv", ["x_bands_first", "weight", "bias"], "scores_first", strides=[stride])
        return self.add("Transpose", ["scores_first"], output, perm=[0, 2, 1])

    def save(self, path: Path, metadata=()):
        graph = helper.make_graph(self.nodes, "tiny", self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, {key: str(value) for key, value in dict(metadata).items()})
        onnx.save(model, path)


def write_tokens(folder: Path, units=UNITS):
    text = "".join(f"{unit} {index}\n" for index, unit in enumerate(units))
    (folder / "tokens.txt").write_text(text, encoding="utf-8")


def describe(folder: Path, family: str, mode: str, roles, languages=("en",), **facts) -> Model:
    """The manifest of a folder with one `ROLE.onnx` for each role, and `tokens.txt`."""
    files = {role: ModelFile(folder / f"{role}.onnx", None, None) for role in roles}
    return Model(
        name=f"tiny-{family}",
        kind="recognizer",
        folder=folder,
        files={**files, "tokens": ModelFile(folder / "tokens.txt", None, None)},
        licence="Apache-2.0",
        source="made by a test",
        languages=languages,
        recognizer=RecognizerFacts(family, (mode,), tail_padding_s=0.3, self_test=True, **facts),
    )

"""A tiny Moonshine: four graphs from samples to tokens; the decoders say the frame whose turn it is."""

from pathlib import Path

import numpy as np

from edged.catalog.manifest import Model
from tests.stages.recognize.tiny.network import INT32, Network, describe, write_tokens

ROLES = ("preprocessor", "encoder", "uncached_decoder", "cached_decoder")
UNITS = ["<unk>", "<s>", "</s>", "▁on", "▁off", "▁li", "ght", "▁red", "▁a", "mer"]
FRAME = 384
"""Samples per frame of its encoder."""


def _preprocessor(path: Path):
    rng = np.random.default_rng(7)
    network = Network()
    network.input("audio", ["n", "samples"])
    network.constant("channel", [1], "int64")
    network.constant("weight", rng.normal(size=(len(UNITS), 1, FRAME)) * 5)
    bias = np.zeros(len(UNITS))
    bias[:3] = -1e4
    network.constant("bias", bias)
    network.add("Unsqueeze", ["audio", "channel"], "x")
    network.add("Conv", ["x", "weight", "bias"], "y", strides=[FRAME])
    network.add("Transpose", ["y"], "features", perm=[0, 2, 1])
    network.output("features", ["n", "frames", len(UNITS)])
    network.save(path)


def _encoder(path: Path):
    network = Network()
    network.input("features", ["n", "frames", len(UNITS)])
    network.input("features_len", [1], INT32)
    network.add("Identity", ["features"], "encoder_out")
    network.output("encoder_out", ["n", "frames", len(UNITS)])
    network.save(path)


def _decoder(path: Path, cached: bool):
    network = Network()
    network.input("tokens", ["n", "count"], INT32)
    network.input("encoder_out", ["n", "frames", len(UNITS)])
    network.input("seq_len", [1], INT32)
    network.constant("axis", 1, "int64")
    network.add("Shape", ["encoder_out"], "shape")
    network.add("Gather", ["shape", "axis"], "frames")
    network.add("Cast", ["seq_len"], "place", to=7)
    network.add("Mod", ["place", "frames"], "turn")
    network.add("Gather", ["encoder_out", "turn"], "logits", axis=1)
    network.output("logits", ["n", "count", len(UNITS)])
    for name in ("k", "v"):
        if cached:
            network.carry(f"state_{name}", ["n", 1, len(UNITS)])
        else:
            network.output(network.add("Identity", ["logits"], f"state_{name}"), ["n", 1, len(UNITS)])
    network.save(path)


def make(folder: Path, mode="offline") -> Model:
    folder.mkdir(parents=True, exist_ok=True)
    _preprocessor(folder / "preprocessor.onnx")
    _encoder(folder / "encoder.onnx")
    _decoder(folder / "uncached_decoder.onnx", cached=False)
    _decoder(folder / "cached_decoder.onnx", cached=True)
    write_tokens(folder, UNITS)
    return describe(folder, "moonshine", mode, ROLES)

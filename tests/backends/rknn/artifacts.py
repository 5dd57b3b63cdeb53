"""Compiled models as `edged models convert` leaves them; for the double, a .rknn holds the ONNX graph."""

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from edged.backends.cpu.heads import CpuHeads, HeadModel, OnNpu
from edged.backends.probe import known_histories
from edged.catalog.artifact import Artifact, Canary, Slot
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from edged.catalog.verify import sha256_of
from edged.catalog.write import model_toml
from edged.geometry import EMBEDDING
from edged.graphs.head_graph import read_heads
from edged.graphs.merged_heads import merge
from tests.oww_models import model

SEED = 7
TOLERANCE = 0.03
NAMES = ("alexa", "hey_jarvis", "weather", "timer")


def head(name: str) -> HeadModel:
    return HeadModel(name, model(f"{name}_v0.1.onnx"))


def rknn_file(part: bytes, inputs, outputs, **other) -> bytes:
    """The header of an .rknn around a compiled part; `inputs` and `outputs` are (name, shape)."""
    tensors = [{"url": name, "size": list(shape)} for name, shape in (*inputs, *outputs)]
    form = other.pop("form", 6)
    said = {
        "target_platform": ["rk3588"],
        "version": "2.5.0",
        "norm_tensor": tensors,
        "input_num": len(inputs),
        "output_num": len(outputs),
        **other,
    }
    text = json.dumps(said).encode()
    start = b"RKNN" + bytes(4) + form.to_bytes(8, "little") + len(part).to_bytes(8, "little")
    return start.ljust(64, b"\0") + part + len(text).to_bytes(8, "little") + text


def compiled(folder: Path, names=NAMES, layernorm="plain", more=(), drop=()) -> Path:
    """Lay out a compiled model of these heads, one graph per window; return its model.toml.

    more: forms of LayerNorm of further graphs of the same heads. drop: names of heads left out.
    """
    by_window: dict[int, list[str]] = defaultdict(list)
    for name in names:
        if name not in drop:
            by_window[read_heads([(name, head(name).path)])[0].window].append(name)
    folder.mkdir(parents=True)
    artifacts = [
        _artifact(folder, window, members, form)
        for form in (layernorm, *more)
        for window, members in by_window.items()
    ]
    files = {file.path.name: file for each in artifacts for file in (each.file, each.probe)}
    said = Model(
        folder.name, "compiled", folder, files, "MIT", "edged models convert", artifacts=tuple(artifacts)
    )
    sheet = folder / "model.toml"
    sheet.write_text(model_toml(said))
    return sheet


def _artifact(folder: Path, window: int, names: list[str], form: str) -> Artifact:
    graph = merge(read_heads([(name, head(name).path) for name in names]), SEED)
    slots = tuple(
        Slot(name, sha256_of(head(name).path), placed.at, placed.outputs, placed.switch)
        for name, placed in zip(names, graph.placed, strict=True)
    )
    histories = known_histories(CpuHeads([head(name) for name in names]))
    feats = np.stack(histories)[:, -window:].astype(np.float16)
    rows = _run(graph.model, feats.astype(np.float32))
    stem = folder / f"heads-{window}-{form}"
    file = rknn_file(graph.model, [("feats", (1, window, EMBEDDING))], [("scores", (1, graph.columns))])
    stem.with_suffix(".rknn").write_bytes(file)
    np.savez(stem.with_suffix(".npz"), feats=feats[:, None], scores=rows)
    canary = Canary(graph.columns - 1, SEED, TOLERANCE)
    empty = ModelFile(stem, None, None)
    artifact = Artifact(
        empty, empty, "rknn", "rk3588", "heads", window, slots, canary, "fp16", "2.5.0", "c" * 64, 0.002, form
    )
    return replace(artifact, file=_file(stem.with_suffix(".rknn")), probe=_file(stem.with_suffix(".npz")))


def _file(path: Path) -> ModelFile:
    return ModelFile(path, sha256_of(path), path.stat().st_size)


def _run(graph: bytes, feats) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["scores"], {"feats": window[None]})[0] for window in feats])


def heads_on_npu(sheet: Path, names=NAMES, core=0) -> tuple[HeadModel, ...]:
    return tuple(replace(head(name), npu=OnNpu((sheet,), core)) for name in names)

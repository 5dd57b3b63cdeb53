"""A head that is one sum and its sigmoid, as ONNX for the CPU and as weights for tests/doubles/fakert.c."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.probe import known_histories
from edged.catalog.artifact import Artifact, Canary, Slot
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from edged.catalog.verify import sha256_of
from edged.catalog.write import model_toml
from edged.geometry import EMBEDDING
from edged.graphs.canary import canary_weights
from tests.backends.rknn.artifacts import SEED, TOLERANCE, rknn_file

WINDOW = 16


def lay_out(folder: Path) -> list[HeadModel]:
    """Write two heads and what was compiled of them; return the heads as the CPU serves them."""
    folder.mkdir(parents=True)
    noise = np.random.RandomState(3)
    columns, heads = [], []
    for name in ("one", "two"):
        weights = (noise.standard_normal(WINDOW * EMBEDDING) * 0.02).astype(np.float32)
        columns.append((1, -2.0, weights))
        heads.append(HeadModel(name, _onnx(folder / f"{name}.onnx", weights, -2.0)))
    columns.append((0, 0.0, canary_weights(SEED, WINDOW)))
    part = b"EDGF" + np.array([WINDOW, len(columns)], "<u4").tobytes()
    for kind, bias, weights in columns:
        part += np.array([kind], "<u4").tobytes() + np.array([bias, *weights], "<f4").tobytes()
    file = rknn_file(part, [("feats", (1, WINDOW, EMBEDDING))], [("scores", (1, len(columns)))])
    (folder / "heads.rknn").write_bytes(file)
    cpu = CpuHeads(heads)
    histories = known_histories(cpu)
    feats = np.stack(histories)[:, None, -WINDOW:].astype(np.float16)
    np.savez(folder / "heads.npz", feats=feats, scores=np.stack([cpu.scores(each) for each in histories]))
    slots = tuple(Slot(head.name, sha256_of(head.path), at, 1) for at, head in enumerate(heads))
    files = [
        ModelFile(path, sha256_of(path), path.stat().st_size)
        for path in (folder / "heads.rknn", folder / "heads.npz")
    ]
    canary = Canary(2, SEED, TOLERANCE)
    artifact = Artifact(
        files[0], files[1], "rknn", "rk3588", "heads", WINDOW, slots, canary, "fp16", "2.5.0", "c" * 64, 0.0
    )
    named = {"graph": files[0], "probe": files[1]}
    said = Model(folder.name, "compiled", folder, named, "MIT", "a test", artifacts=(replace(artifact),))
    (folder / "model.toml").write_text(model_toml(said))
    return heads


def _onnx(path: Path, weights: np.ndarray, bias: float) -> Path:
    import onnx
    from onnx import helper, numpy_helper

    inside = [
        numpy_helper.from_array(weights[:, None], "w"),
        numpy_helper.from_array(np.array([bias], np.float32), "b"),
    ]
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "w", "b"], ["sum"]),
        helper.make_node("Sigmoid", ["sum"], ["y"]),
    ]
    tensors = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("x", (1, WINDOW, EMBEDDING)), ("y", (1, 1)))
    ]
    graph = helper.make_graph(nodes, "linear", tensors[:1], tensors[1:], inside)
    opset = [helper.make_opsetid("", 13)]
    path.write_bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())
    return path

"""One set of weights to two ONNX files for sherpa-onnx: whole clips, and chunks with caches.

    python export.py CHECKPOINT OUT_DIR

Writes `offline.onnx`, `streaming.onnx`, `tokens.txt` and `model.toml`. Weights are stored as
float16 and cast to float32 when loaded, so files are half as large; arithmetic is float32.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import grammar
import numpy as np
import onnx
import torch
from model import CONTEXT, DILATIONS, FRONT, STRIDE, WIDTH, Recognizer
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

CHUNK = 16
"""Feature frames (10 ms) that one streaming step moves on; it sees CHUNK + FRONT - STRIDE."""
CACHES = ["cache_last_channel", "cache_last_time", "cache_last_channel_len"]


class Offline(nn.Module):
    """Whole clips; the last frame is repeated so that t feature frames give t // STRIDE outputs."""

    def __init__(self, net: Recognizer) -> None:
        """The weights to export."""
        super().__init__()
        self.net = net

    def forward(self, features: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Features (batch, 80, t) and frames (batch,) to log probabilities and their frames."""
        padded = functional.pad(features, (0, FRONT - STRIDE), mode="replicate")
        return self.net.scores(self.net.trunk(padded)), frames // STRIDE


class Streaming(nn.Module):
    """One chunk; of NeMo's two caches only the second is needed, the first is a dummy."""

    def __init__(self, net: Recognizer) -> None:
        """The weights to export."""
        super().__init__()
        self.net = net

    def forward(
        self, features: Tensor, frames: Tensor, channel: Tensor, past: Tensor, count: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Features (batch, 80, CHUNK + FRONT - STRIDE), past as in `Recognizer.step`."""
        scores, kept = self.net.step(features, past)
        return scores, frames // STRIDE, channel + 0, kept, count + frames // STRIDE


def write(module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], path: Path,
          metadata: dict[str, object], ragged: str | None = None) -> None:  # fmt: skip
    """Export with a free batch size (and a free length of input `ragged`), halve, add metadata."""
    axes = {name: {0: "batch"} for name in [*inputs, *outputs]}
    if ragged:
        axes[ragged][2] = "frames"
        axes[outputs[0]][1] = "frames_out"
    torch.onnx.export(module.eval(), tuple(inputs.values()), str(path), input_names=list(inputs),
                      output_names=outputs, dynamic_axes=axes, opset_version=17,
                      dynamo=False)  # fmt: skip
    model = onnx.load(path)
    halve(model)
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def halve(model: onnx.ModelProto) -> None:
    """Store each large float32 weight as float16, followed by a cast that runs once, at load."""
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or np.prod(weight.dims) < 1000:
            continue
        name = weight.name
        half = numpy_helper.to_array(weight).astype(np.float16)
        weight.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    for node in reversed(casts):
        model.graph.node.insert(0, node)


def manifest(folder: Path) -> str:
    """The text of model.toml with sizes and checksums of the files in `folder`."""
    lines = Path(__file__).with_name("model.toml.in").read_text()
    for role, name in [("streaming", "streaming.onnx"), ("offline", "offline.onnx"),
                       ("tokens", "tokens.txt")]:  # fmt: skip
        data = (folder / name).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        entry = f'path = "{name}"\nsha256 = "{digest}"\nbytes = {len(data)}'
        lines = lines.replace(f"@{role}@", entry)
    return lines


def main() -> None:
    """Export the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    words = grammar.words()
    tokens = ["<blk>", *(f"▁{word}" for word in words)]
    (args.out / "tokens.txt").write_text("".join(f"{t} {i}\n" for i, t in enumerate(tokens)))
    net = Recognizer(len(words))
    net.load_state_dict(torch.load(args.checkpoint))
    net.eval()
    common = {"subsampling_factor": STRIDE, "comment": "edged self-test recognizer"}
    clip = {"audio_signal": torch.randn(2, 80, 200), "length": torch.tensor([200, 200])}
    write(Offline(net), clip, ["logprobs", "encoded_lengths"], args.out / "offline.onnx",
          common | {"vocab_size": len(words), "normalize_type": ""},
          ragged="audio_signal")  # fmt: skip
    size = CHUNK + FRONT - STRIDE
    past = torch.zeros(2, len(DILATIONS), WIDTH, CONTEXT)
    state = [torch.zeros(2, 1, 1, 1), past, torch.zeros(2, dtype=torch.long)]
    chunk = {"audio_signal": torch.randn(2, 80, size), "length": torch.tensor([size, size])}
    chunk |= dict(zip(CACHES, state, strict=True))
    outputs = ["logprobs", "encoded_lengths", *(f"{name}_next" for name in CACHES)]
    dims = {f"cache_last_channel_dim{i}": 1 for i in (1, 2, 3)}
    dims |= {f"cache_last_time_dim{i}": past.shape[i] for i in (1, 2, 3)}
    write(Streaming(net), chunk, outputs, args.out / "streaming.onnx",
          common | dims | {"window_size": size, "chunk_shift": CHUNK,
                           "vocab_size": len(words)})  # fmt: skip
    (args.out / "model.toml").write_text(manifest(args.out))
    for path in sorted(args.out.iterdir()):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()

"""Tiny CTC models of icefall: the transducer's encoder with probabilities at its end."""

from pathlib import Path

from edged.catalog.manifest import Model
from tests.stages.recognize.tiny.network import describe, write_tokens
from tests.stages.recognize.tiny.transducer import offline_encoder, streaming_encoder


def make(folder: Path, mode: str) -> Model:
    folder.mkdir(parents=True, exist_ok=True)
    if mode == "streaming":
        streaming_encoder(folder / "streaming.onnx", last="LogSoftmax")
    else:
        offline_encoder(folder / "offline.onnx", last="LogSoftmax", metadata={"model_type": "zipformer2_ctc"})
    write_tokens(folder)
    return describe(folder, "zipformer-ctc", mode, [mode])

"""Makes a tiny NeMo-CTC model pair with random weights, in milliseconds: the path without the understanding.

One convolution over the mel bands, no memory, so the streaming and the offline file compute the same. Texts
are nonsense, but a function of the sound alone: what disturbs the path alone must not change them.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edged.catalog.manifest import Model, RecognizerFacts
from edged.catalog.model_file import ModelFile

FEATURES = 80
"""Mel bands of sherpa-onnx's NeMo features."""
UNITS = ["<blk>", "▁on", "▁off", "▁li", "ght", "▁ti", "mer", "▁a", "s", "▁kit", "chen", "▁red"]
"""Whole words and pieces of words; id 0 is the blank."""
CHUNK = 16
"""Feature frames per streaming step."""

INT64, FLOAT = TensorProto.INT64, TensorProto.FLOAT


def graph(streaming: bool, stride: int, units: int) -> onnx.ModelProto:
    """Log-mel (n, 80, t) to log probabilities (n, t // stride, units)."""
    rng = np.random.default_rng(7)
    weight = rng.normal(size=(units, FEATURES, stride // 2)).astype(np.float32) * 0.2
    weight = np.concatenate([weight, -weight], axis=2)  # only changes count, loudness and colour cancel
    bias = np.where(np.arange(units) == 0, 4.0, 0.0).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["audio_signal", "weight", "bias"], ["x"], strides=[stride]),
        helper.make_node("Transpose", ["x"], ["y"], perm=[0, 2, 1]),
        helper.make_node("LogSoftmax", ["y"], ["logprobs"], axis=-1),
        helper.make_node("Div", ["length", "stride"], ["encoded_lengths"]),
    ]
    inputs = [
        helper.make_tensor_value_info("audio_signal", FLOAT, ["n", FEATURES, "t"]),
        helper.make_tensor_value_info("length", INT64, ["n"]),
    ]
    outputs = [
        helper.make_tensor_value_info("logprobs", FLOAT, ["n", "frames", units]),
        helper.make_tensor_value_info("encoded_lengths", INT64, ["n"]),
    ]
    caches = [
        ("cache_last_channel", FLOAT, ["n", 1, 1, 1]),
        ("cache_last_time", FLOAT, ["n", 1, 1, 1]),
        ("cache_last_channel_len", INT64, ["n"]),
    ]
    for name, kind, shape in caches if streaming else []:
        nodes.append(helper.make_node("Identity", [name], [f"{name}_next"]))
        inputs.append(helper.make_tensor_value_info(name, kind, shape))
        outputs.append(helper.make_tensor_value_info(f"{name}_next", kind, shape))
    constants = [
        numpy_helper.from_array(weight, "weight"),
        numpy_helper.from_array(bias, "bias"),
        numpy_helper.from_array(np.array(stride, np.int64), "stride"),
    ]
    made = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def metadata(streaming: bool, stride: int, units: int) -> dict[str, str]:
    """What sherpa-onnx asks of a NeMo-CTC file."""
    values: dict[str, object] = {"vocab_size": units - 1, "subsampling_factor": stride}
    if not streaming:
        return {key: str(value) for key, value in (values | {"normalize_type": ""}).items()}
    values |= {"window_size": CHUNK, "chunk_shift": CHUNK}
    values |= {f"cache_last_{what}_dim{i}": 1 for what in ("channel", "time") for i in (1, 2, 3)}
    return {key: str(value) for key, value in values.items()}


def make(folder: Path, stride: int = 4) -> Model:
    """Write streaming.onnx, offline.onnx and tokens.txt into `folder` and describe them."""
    folder.mkdir(parents=True, exist_ok=True)
    for role in ("streaming", "offline"):
        model = graph(role == "streaming", stride, len(UNITS))
        helper.set_model_props(model, metadata(role == "streaming", stride, len(UNITS)))
        onnx.save(model, folder / f"{role}.onnx")
    tokens = "".join(f"{unit} {index}\n" for index, unit in enumerate(UNITS))
    (folder / "tokens.txt").write_text(tokens, encoding="utf-8")
    return describe(folder)


def describe(folder: Path) -> Model:
    """Return the manifest of a folder that `make` wrote, or of one like it."""
    names = {"streaming": "streaming.onnx", "offline": "offline.onnx", "tokens": "tokens.txt"}
    return Model(
        name="tiny",
        kind="recognizer",
        folder=folder,
        files={role: ModelFile(folder / name, None, None) for role, name in names.items()},
        licence="Apache-2.0",
        source="made by a test",
        languages=("en",),
        recognizer=RecognizerFacts("nemo-ctc", ("streaming", "offline"), tail_padding_s=0.5, self_test=True),
    )


def sound(seed: int, seconds: float) -> np.ndarray:
    """Noise whose loudness and colour change every 120 ms, as in speech; int16, 16 kHz."""
    rng = np.random.default_rng(seed)
    samples = round(seconds * 16_000)
    pieces = []
    while sum(len(piece) for piece in pieces) < samples:
        time = np.arange(1920) / 16_000
        tones = sum(np.sin(2 * np.pi * hertz * time) for hertz in rng.uniform(100, 7000, 4))
        pieces.append((tones + rng.normal(size=1920) * 0.3) * rng.uniform(100, 4000))
    pieces.append(np.zeros(0))
    return np.concatenate(pieces)[:samples].clip(-32768, 32767).astype(np.int16)

"""A tiny SenseVoice: four frames that name language, mood, sound and spelling, then what was heard."""

from pathlib import Path

import numpy as np

from edged.catalog.manifest import Model
from tests.stages.recognize.tiny.network import INT32, Network, describe, write_tokens
from tests.stages.recognize.tiny.paraformer import FRAME, SHIFT, STACK

LANGUAGES = {"auto": 0, "zh": 3, "en": 4, "yue": 7, "ja": 11, "ko": 12}
UNITS = [
    "<unk>",
    "▁on",
    "▁off",
    "开",
    "灯",
    "▁ti",
    "mer",
    "<|en|>",
    "<|zh|>",
    "<|HAPPY|>",
    "<|Speech|>",
    "<|woitn|>",
]
METADATA = {
    "model_type": "sense_voice_ctc", "vocab_size": len(UNITS), "lfr_window_size": STACK,
    "lfr_window_shift": SHIFT, "normalize_samples": 0, "with_itn": 14, "without_itn": 15,
    "neg_mean": ",".join(["-10.5"] * FRAME), "inv_stddev": ",".join(["0.25"] * FRAME),
    **{f"lang_{name}": number for name, number in LANGUAGES.items()},
}  # fmt: skip


def make(folder: Path, mode="offline", languages=("zh", "en")) -> Model:
    """Where English was asked for "off" is never said, and where numbers were, "开" is not."""
    folder.mkdir(parents=True, exist_ok=True)
    network = Network()
    network.input("x", ["n", "t", FRAME])
    for name in ("x_length", "language", "text_norm"):
        network.input(name, ["n"], INT32)
    network.listen("x", FRAME, 1, len(UNITS), "heard", range(7, 12))
    first = np.full((1, 4, len(UNITS)), -30.0)
    for frame, unit in enumerate((8, 9, 10, 11)):
        first[0, frame, unit] = 0.0
    network.constant("first", first)
    network.constant("english", LANGUAGES["en"], "int32")
    against = np.zeros((1, 1, len(UNITS)))
    against[0, 0, 2] = -1e4
    network.constant("against", against)
    network.add("Equal", ["language", "english"], "is_english")
    network.add("Cast", ["is_english"], "how_english", to=1)
    network.add("Mul", ["how_english", "against"], "bias_of_language")
    network.add("Add", ["heard", "bias_of_language"], "said_in_language")
    network.constant("with_itn", METADATA["with_itn"], "int32")
    against = np.zeros((1, 1, len(UNITS)))
    against[0, 0, 3] = -1e4
    network.constant("against_itn", against)
    network.add("Equal", ["text_norm", "with_itn"], "is_itn")
    network.add("Cast", ["is_itn"], "how_itn", to=1)
    network.add("Mul", ["how_itn", "against_itn"], "bias_of_itn")
    network.add("Add", ["said_in_language", "bias_of_itn"], "said")
    network.add("Concat", ["first", "said"], "logits", axis=1)
    network.output("logits", ["n", "frames", len(UNITS)])
    network.save(folder / "model.onnx", METADATA)
    write_tokens(folder, UNITS)
    return describe(folder, "sense-voice", mode, ["model"], languages=languages)

"""A tiny Whisper: its encoder hears a token every 0.3 s, its decoder says the one whose turn it is."""

import base64
from pathlib import Path

import numpy as np

from edged.catalog.manifest import Model
from tests.stages.recognize.tiny.network import INT64, Network, describe

UNITS = [b" on", b" off", b" li", b"ght", b" \xc3", b"\xa9t\xc3\xa9", b" red"]
"""Two of them are parts of a letter, as in every real one."""
WHOLE = [b" on", b" off", b" li", b"ght", b" \xc3\xa9t", b"\xc3\xa9", b" red"]
SPECIAL = ["eot", "sot", "en", "de", "translate", "transcribe", "no_speech", "no_timestamps"]
AT = {name: len(UNITS) + index for index, name in enumerate(SPECIAL)}
VOCABULARY = len(UNITS) + len(SPECIAL) + 1501
"""With a token for each 20 ms of 30 s."""
STRIDE = 30
CONTEXT = 448
METADATA = {
    "model_type": "whisper-tiny", "n_mels": 80, "n_text_layer": 1, "n_text_ctx": CONTEXT, "n_text_state": 4,
    "n_vocab": VOCABULARY, "blank_id": 0, "is_multilingual": 1,
    **{name: AT[name] for name in ("sot", "eot", "translate", "transcribe", "no_timestamps", "no_speech")},
    "sot_sequence": f"{AT['sot']},{AT['en']},{AT['transcribe']}",
    "all_language_tokens": f"{AT['en']},{AT['de']}", "all_language_codes": "en,de",
}  # fmt: skip


def _encoder(path: Path):
    network = Network()
    network.input("mel", ["n", 80, "t"])
    network.add("Transpose", ["mel"], "frames_first", perm=[0, 2, 1])
    network.listen("frames_first", 80, STRIDE, VOCABULARY, "heard", range(len(UNITS), VOCABULARY), blank=0.0)
    network.constant("layer", [0], "int64")
    network.add("Unsqueeze", ["heard", "layer"], "n_layer_cross_k")
    network.add("Identity", ["n_layer_cross_k"], "n_layer_cross_v")
    for name in ("n_layer_cross_k", "n_layer_cross_v"):
        network.output(name, [1, "n", "frames", VOCABULARY])
    network.save(path, METADATA)


def _decoder(path: Path, timed: bool):
    """The row of the sound whose turn it is; German never begins with " off"."""
    network = Network()
    network.input("tokens", ["n", "count"], INT64)
    for name in ("k", "v"):
        network.carry(f"self_{name}", [1, "n", CONTEXT, 4])
    network.nodes.clear()
    states, network.outputs = network.outputs, []
    for name in ("k", "v"):
        network.input(f"cross_{name}", [1, "n", "frames", VOCABULARY])
    network.input("offset", [1], INT64)
    network.constant("frames", 2, "int64")
    network.constant("zero", 0, "int64")
    network.constant("shape_of_rows", [1, 1, -1], "int64")
    network.add("Shape", ["cross_k"], "shape")
    network.add("Gather", ["shape", "frames"], "count_of_frames")
    network.add("Mod", ["offset", "count_of_frames"], "turn")
    network.add("Squeeze", ["cross_k"], "rows")
    network.add("Gather", ["rows", "turn"], "row", axis=0)
    network.add("Reshape", ["row", "shape_of_rows"], "logits_of_one")
    network.add("Shape", ["tokens"], "shape_of_tokens")
    network.constant("one", [1], "int64")
    network.add("Concat", ["shape_of_tokens", "one"], "wide", axis=0)
    network.add("Expand", ["logits_of_one", "wide"], "logits_of_any")
    network.constant("german", AT["de"], "int64")
    against = np.zeros((1, 1, VOCABULARY))
    against[0, 0, 1] = -1e4
    network.constant("against", against)
    network.add("Equal", ["tokens", "german"], "says_german")
    network.add("Cast", ["says_german"], "how_german", to=1)
    network.add("ReduceMax", ["how_german"], "is_german", keepdims=1)
    network.add("Mul", ["is_german", "against"], "bias_of_german")
    network.add("Add", ["logits_of_any", "bias_of_german"], "logits")
    network.output("logits", ["n", "count", VOCABULARY])
    for name in ("k", "v"):
        network.add("Identity", [f"self_{name}"], f"new_self_{name}")
    network.outputs += states
    if timed:  # each token looks at the frame of its turn, over the 50 frames per second of the real ones
        network.constant("heads", np.array([1, 2, 1, 1500]), "int64")
        network.constant("ladder", np.arange(1500, dtype=np.float32).reshape(1, 1, 1, 1500))
        network.constant("fifteen", 15.0)
        network.add("Cast", ["offset"], "turn_f", to=1)
        network.add("Mul", ["turn_f", "fifteen"], "middle")
        network.add("Sub", ["ladder", "middle"], "away")
        network.add("Abs", ["away"], "distance")
        network.add("Neg", ["distance"], "closeness")
        network.add("Softmax", ["closeness"], "looks", axis=-1)
        network.constant("first_axis", [1], "int64")
        network.constant("head_count", [2], "int64")
        network.constant("last_axis", [1500], "int64")
        network.add("Slice", ["shape_of_tokens", "first_axis", "head_count"], "token_count")
        network.add("Concat", ["first_axis", "head_count", "token_count", "last_axis"], "wide_looks", axis=0)
        network.add("Expand", ["looks", "wide_looks"], "attention")
        network.output("attention", ["n", 2, "count", 1500])
    network.save(path)


def make(folder: Path, mode="offline", languages=("en",), timed=False, units=None) -> Model:
    folder.mkdir(parents=True, exist_ok=True)
    _encoder(folder / "encoder.onnx")
    _decoder(folder / "decoder.onnx", bool(timed))
    lines = [f"{base64.b64encode(unit).decode()} {index}\n" for index, unit in enumerate(units or UNITS)]
    (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")
    return describe(folder, "whisper", mode, ["encoder", "decoder"], languages=languages)

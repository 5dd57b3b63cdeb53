"""Tiny punctuation models: which mark follows a word is written in the word itself."""

from pathlib import Path

import numpy as np

from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from tests.stages.recognize.tiny.network import FLOAT, INT32, Network

TOKENS = ["<unk>", "light", "lights", "is", "it", "灯", "吗", "on"]
MARKS = ["<unk>", "_", "，", "。", "？", "、"]
AFTER = {"light": "，", "lights": "。", "灯": "，", "吗": "？"}
"""Marks that the CT-Transformer writes; nothing after any other word."""

PIECES = ["<unk>", "<s>", "</s>", "▁turn", "▁is", "▁light", "▁lights", "▁on", *"▁abcdefghijklmnopqrstuvwxyz"]
COMMA_AFTER, PERIOD_AFTER = "▁light", "▁lights"
"""Of the CNN-BiLSTM, which also begins "turn" and "is" with a capital."""


def ct_transformer(path: Path, **changes):
    """Write one; `changes`: metadata, None to leave out."""
    scores = np.zeros((len(TOKENS), len(MARKS)), np.float32)
    for index, token in enumerate(TOKENS):
        scores[index, MARKS.index(AFTER.get(token, "_"))] = 1.0
    network = Network()
    network.input("inputs", ["n", "t"], INT32)
    network.input("text_lengths", ["n"], INT32)
    network.constant("scores", scores)
    network.add("Gather", ["scores", "inputs"], "logits", axis=0)
    network.output("logits", ["n", "t", len(MARKS)])
    metadata = {
        "tokens": "|".join(TOKENS),
        "vocab_size": len(TOKENS),
        "punctuations": "|".join(MARKS),
        "unk_symbol": "<unk>",
        **changes,
    }
    network.save(path, {key: value for key, value in metadata.items() if value is not None})


def bilstm(path: Path, **changes):
    """Write one; it answers for each piece that begins a word, in any number of sentences."""
    cases = np.zeros((len(PIECES), 4), np.float32)
    marks = np.zeros((len(PIECES), 4), np.float32)
    for index, piece in enumerate(PIECES):
        cases[index, 2 if piece in ("▁turn", "▁is") else 0] = 1.0
        marks[index, {COMMA_AFTER: 1, PERIOD_AFTER: 2}.get(piece, 0)] = 1.0
    network = Network()
    network.input("token_ids", ["n", 200], INT32)
    network.input("valid_ids", ["n", 200], INT32)
    network.input("label_lens", ["n"], INT32)
    network.constant("cases", cases)
    network.constant("marks", marks)
    network.constant("flat", [-1], "int64")
    network.constant("end", PIECES.index("</s>"), "int32")
    network.add("Reshape", ["token_ids", "flat"], "ids")
    network.add("Reshape", ["valid_ids", "flat"], "valid")
    network.add("Cast", ["valid"], "begins", to=9)
    network.add("Greater", ["ids", "end"], "spoken")
    network.add("And", ["begins", "spoken"], "begins_word")
    network.add("Compress", ["ids", "begins_word"], "words", axis=0)
    for name in ("cases", "marks"):
        network.add("Gather", [name, "words"], f"{name}_of", axis=0)
        network.output(f"{name}_of", ["words", 4], FLOAT)
    metadata = {"COMMA": 1, "PERIOD": 2, "QUESTION": 3, "UPPER": 1, "CAP": 2, "MIX_CASE": 3, **changes}
    network.save(path, {key: value for key, value in metadata.items() if value is not None})


def write_vocabulary(path: Path, pieces=PIECES):
    path.write_text("".join(f"{piece}\t{-n}\n" for n, piece in enumerate(pieces)), encoding="utf-8")


def make(folder: Path, kind="ct-transformer") -> Model:
    folder.mkdir(parents=True, exist_ok=True)
    files = {"model": ModelFile(folder / "model.onnx", None, None)}
    if kind == "ct-transformer":
        ct_transformer(folder / "model.onnx")
    else:
        bilstm(folder / "model.onnx")
        write_vocabulary(folder / "bpe.vocab")
        files["bpe_vocab"] = ModelFile(folder / "bpe.vocab", None, None)
    return Model(
        name=f"tiny-{kind}",
        kind="punctuation",
        folder=folder,
        files=files,
        licence="Apache-2.0",
        source="made by a test",
    )

"""Tiny transducers of icefall: an encoder that listens, a decoder against repetition, a joiner that adds."""

from dataclasses import replace
from pathlib import Path

from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from tests.stages.recognize.tiny.network import BANDS, INT64, UNITS, Network, describe, write_tokens

ROLES = ("encoder", "decoder", "joiner")
SEEN, STEP = 45, 32
"""Feature frames that a streaming zipformer sees at once, and by how many it moves on."""
ZIPFORMER2 = {
    "model_type": "zipformer2", "T": SEEN, "decode_chunk_len": STEP, "encoder_dims": 8, "query_head_dims": 2,
    "value_head_dims": 2, "num_heads": 2, "num_encoder_layers": 1, "cnn_module_kernels": 3,
    "left_context_len": 4,
}  # fmt: skip
ZIPFORMER2_STATES = {
    "key": [4, 1, 4], "nonlin": [1, 1, 4, 6], "val1": [4, 1, 4], "val2": [4, 1, 4],
    "conv1": [1, 8, 1], "conv2": [1, 8, 1], "embed": [1, 128, 3, 19],
}  # fmt: skip
ZIPFORMER = {
    "model_type": "zipformer", "T": SEEN, "decode_chunk_len": STEP, "encoder_dims": 8, "attention_dims": 4,
    "num_encoder_layers": 1, "cnn_module_kernels": 3, "left_context_len": 4,
}  # fmt: skip
ZIPFORMER_STATES = {
    "avg": [1, 1, 8], "key": [1, 4, 1, 4], "val": [1, 4, 1, 2], "val2": [1, 4, 1, 2],
    "conv1": [1, 1, 8, 2], "conv2": [1, 1, 8, 2],
}  # fmt: skip
LSTM = {
    "model_type": "lstm", "T": SEEN, "decode_chunk_len": STEP, "num_encoder_layers": 2, "rnn_hidden_size": 3,
    "d_model": 4,
}  # fmt: skip
CONFORMER = {
    "model_type": "conformer", "T": SEEN, "decode_chunk_len": STEP, "num_encoder_layers": 2,
    "left_context": 4, "encoder_dim": 5, "pad_length": 7, "cnn_module_kernel": 3,
}  # fmt: skip


def streaming_encoder(path: Path, kind="zipformer2", last=None):
    """Write an encoder of one kind; `last` names an operator after it, for CTC."""
    network = Network()
    network.input("x", ["n", SEEN, BANDS])
    for name, value in (("begin", [0]), ("end", [STEP]), ("time", [1])):
        network.constant(name, value, "int64")
    network.add("Slice", ["x", "begin", "end", "time"], "x_step")
    scores = network.listen("x_step", BANDS, 4, len(UNITS), "heard" if last else "encoder_out")
    if last:
        network.add(last, [scores], "encoder_out", axis=-1)
    network.output("encoder_out", ["n", STEP // 4, len(UNITS)])
    if kind == "zipformer2":
        for name, shape in ZIPFORMER2_STATES.items():
            network.carry(name, shape)
        network.carry("processed_lens", [1], INT64)
        network.save(path, ZIPFORMER2)
    elif kind == "zipformer":
        network.carry("len", [1, 1], INT64)
        for name, shape in ZIPFORMER_STATES.items():
            network.carry(name, shape)
        network.save(path, ZIPFORMER)
    elif kind == "lstm":
        network.carry("h", [2, 1, 4])
        network.carry("c", [2, 1, 3])
        network.save(path, LSTM)
    else:
        network.carry("h", [2, 4, 1, 5])
        network.carry("c", [2, 2, 1, 5])
        network.input("processed_lens", [1], INT64)
        network.save(path, CONFORMER)


def offline_encoder(path: Path, last=None, metadata=()):
    network = Network()
    network.input("x", ["n", "t", BANDS])
    network.input("x_lens", ["n"], INT64)
    network.constant("four", 4, "int64")
    scores = network.listen("x", BANDS, 4, len(UNITS), "heard" if last else "encoder_out")
    if last:
        network.add(last, [scores], "encoder_out", axis=-1)
    network.add("Div", ["x_lens", "four"], "encoder_out_lens")
    network.output("encoder_out", ["n", "frames", len(UNITS)])
    network.output("encoder_out_lens", ["n"], INT64)
    network.save(path, metadata)


def _decoder(path: Path):
    """Speaks against the last token: (n, 2) to (n, units)."""
    network = Network()
    network.input("y", ["n", 2], INT64)
    network.constant("last", 1, "int64")
    network.constant("depth", len(UNITS), "int64")
    network.constant("off_on", [0, -6])
    network.add("Gather", ["y", "last"], "token", axis=1)
    network.add("OneHot", ["token", "depth", "off_on"], "hot")
    network.constant("not_blank", [0] + [1] * (len(UNITS) - 1))
    network.add("Mul", ["hot", "not_blank"], "decoder_out")
    network.output("decoder_out", ["n", len(UNITS)])
    network.save(path, {"vocab_size": len(UNITS), "context_size": 2})


def _joiner(path: Path):
    network = Network()
    network.input("encoder_out", ["n", len(UNITS)])
    network.input("decoder_out", ["n", len(UNITS)])
    network.add("Add", ["encoder_out", "decoder_out"], "logit")
    network.output("logit", ["n", len(UNITS)])
    network.save(path)


def make(folder: Path, mode: str, kind="zipformer2", modeling_unit="") -> Model:
    """`modeling_unit`: also with the vocabulary that hotwords are spelled with."""
    folder.mkdir(parents=True, exist_ok=True)
    if mode == "streaming":
        streaming_encoder(folder / "encoder.onnx", kind)
    else:
        offline_encoder(folder / "encoder.onnx")
    _decoder(folder / "decoder.onnx")
    _joiner(folder / "joiner.onnx")
    write_tokens(folder, [*UNITS, "#0", "#1"])
    model = describe(folder, "transducer", mode, ROLES, modeling_unit=modeling_unit)
    if not modeling_unit:
        return model
    pieces = ["<unk>", "<s>", "</s>", *UNITS[1:]]
    lines = [f"{piece}\t{-index}\n" for index, piece in enumerate(pieces)]
    (folder / "bpe.vocab").write_text("".join(lines), encoding="utf-8")
    return replace(model, files={**model.files, "bpe_vocab": ModelFile(folder / "bpe.vocab", None, None)})

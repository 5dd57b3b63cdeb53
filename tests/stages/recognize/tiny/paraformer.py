"""Tiny Paraformers: offline a token for each stacked frame, streaming one for each full measure of weight."""

from pathlib import Path

from edged.catalog.manifest import Model
from tests.stages.recognize.tiny.network import BANDS, FLOAT, INT32, INT64, Network, describe, write_tokens

STACK, SHIFT = 7, 6
FRAME = BANDS * STACK
UNITS = ["<blank>", "<s>", "</s>", "开", "灯", "hel@@", "lo", "on", "关", "ti@@", "mer", "<unk>"]
SIGNS = (0, 1, 2, 11)
"""Units that these models never say."""
METADATA = {
    "model_type": "paraformer", "vocab_size": len(UNITS), "lfr_window_size": STACK, "lfr_window_shift": SHIFT,
    "neg_mean": ",".join(["-10.5"] * FRAME), "inv_stddev": ",".join(["0.25"] * FRAME),
}  # fmt: skip
STREAMING = METADATA | {
    "encoder_output_size": len(UNITS), "decoder_num_blocks": 1, "decoder_kernel_size": 3,
}  # fmt: skip


def _offline(path: Path, timed: bool):
    network = Network()
    network.input("speech", ["n", "t", FRAME])
    network.input("speech_lengths", ["n"], INT32)
    network.listen("speech", FRAME, 1, len(UNITS), "heard", SIGNS)
    network.add("LogSoftmax", ["heard"], "logits", axis=-1)
    network.add("Identity", ["speech_lengths"], "token_num")
    network.output("logits", ["n", "tokens", len(UNITS)])
    network.output("token_num", ["n"], INT32)
    if timed:  # a peak at the first third of every stacked frame, and one at the end
        for name, value in (("zero", [0]), ("one", [1]), ("two", [2]), ("last", [-1]), ("flat", [1, -1])):
            network.constant(name, value, "int64")
        network.constant("nothing", 0.0)
        network.constant("thirds", [[[1.0, 0.2, 0.1]]])
        network.constant("full", [[1.0]])
        network.add("Slice", ["speech", "zero", "one", "two"], "band")
        network.add("Mul", ["band", "nothing"], "quiet")
        network.add("Add", ["quiet", "thirds"], "peaks")
        network.add("Reshape", ["peaks", "flat"], "all_peaks")
        network.add("Slice", ["all_peaks", "zero", "last", "one"], "but_the_last")
        network.add("Concat", ["but_the_last", "full"], "us_cif_peak", axis=1)
        network.add("Identity", ["us_cif_peak"], "us_alphas")
        network.output("us_alphas", ["n", "thirds_of_frames"])
        network.output("us_cif_peak", ["n", "thirds_of_frames"])
    network.save(path, METADATA)


def _encoder(path: Path):
    network = Network()
    network.input("speech", ["n", "t", FRAME])
    network.input("speech_lengths", ["n"], INT32)
    network.listen("speech", FRAME, 1, len(UNITS), "enc", SIGNS)
    network.add("Identity", ["speech_lengths"], "enc_len")
    for name, value in (("zero", [0]), ("one", [1]), ("two", [2])):
        network.constant(name, value, "int64")
    network.constant("nothing", 0.0)
    network.constant("share", 0.6)
    network.constant("only", [2], "int64")
    network.add("Slice", ["speech", "zero", "one", "two"], "band")
    network.add("Squeeze", ["band", "only"], "flat_band")
    network.add("Mul", ["flat_band", "nothing"], "quiet")
    network.add("Add", ["quiet", "share"], "alphas")
    network.output("enc", ["n", "frames", len(UNITS)])
    network.output("enc_len", ["n"], INT32)
    network.output("alphas", ["n", "frames"])
    network.save(path, STREAMING)


def _decoder(path: Path):
    network = Network()
    network.input("enc", ["n", "frames", len(UNITS)])
    network.input("enc_len", ["n"], INT32)
    network.input("acoustic_embeds", ["n", "tokens", len(UNITS)])
    network.input("acoustic_embeds_len", ["n"], INT32)
    network.add("Identity", ["acoustic_embeds"], "logits")
    network.add("ArgMax", ["acoustic_embeds"], "sample_ids", axis=-1, keepdims=0)
    network.output("logits", ["n", "tokens", len(UNITS)])
    network.output("sample_ids", ["n", "tokens"], INT64)
    network.carry("in_cache_0", ["n", len(UNITS), 2], FLOAT)
    network.save(path)


def make(folder: Path, mode: str, timed=True) -> Model:
    folder.mkdir(parents=True, exist_ok=True)
    write_tokens(folder, UNITS)
    if mode == "streaming":
        _encoder(folder / "encoder.onnx")
        _decoder(folder / "decoder.onnx")
        return describe(folder, "paraformer", mode, ["encoder", "decoder"], languages=("zh", "en"))
    _offline(folder / "model.onnx", timed)
    return describe(folder, "paraformer", mode, ["model"], languages=("zh", "en"))

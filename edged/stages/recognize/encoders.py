"""Streaming encoders of icefall by `model_type`, and how many states each carries from step to step.

Source: sherpa-onnx 1.13.4, csrc/online-*-transducer-model.cc and csrc/online-zipformer2-ctc-model.cc.
"""

from collections.abc import Mapping

from edged.stages.recognize.forms import Found, Kind

STEP = {"T": (1, 10_000), "decode_chunk_len": (1, 10_000)}
"""Feature frames seen at once, and by how many the next step moves on: 0 would never end."""
SIZE = (1, 100_000)


def zipformer2_states(found: Found) -> tuple[int, int]:
    """Six for each layer, the front end's, and how many frames went by."""
    count = 6 * sum(found.lists["num_encoder_layers"]) + 2
    return count, count


def zipformer_states(found: Found) -> tuple[int, int]:
    """Seven for each stack."""
    count = 7 * len(found.lists["encoder_dims"])
    return count, count


def ebranchformer_states(found: Found) -> tuple[int, int]:
    """Four for each layer, and how many frames went by."""
    count = 4 * found.numbers["num_hidden_layers"] + 1
    return count, count


ZIPFORMER2 = Kind(
    STEP,
    (
        "encoder_dims",
        "query_head_dims",
        "value_head_dims",
        "num_heads",
        "num_encoder_layers",
        "cnn_module_kernels",
        "left_context_len",
    ),
    zipformer2_states,
)

KINDS: Mapping[str, Kind] = {
    "zipformer2": ZIPFORMER2,
    "zipformer": Kind(
        STEP,
        ("encoder_dims", "attention_dims", "num_encoder_layers", "cnn_module_kernels", "left_context_len"),
        zipformer_states,
    ),
    "conformer": Kind(
        STEP
        | dict.fromkeys(("num_encoder_layers", "left_context", "encoder_dim", "cnn_module_kernel"), SIZE)
        | {"pad_length": (0, 100_000)},
        (),
        lambda found: (3, 2),
    ),
    "lstm": Kind(
        STEP | dict.fromkeys(("num_encoder_layers", "rnn_hidden_size", "d_model"), SIZE),
        (),
        lambda found: (2, 2),
    ),
    "ebranchformer": Kind(
        STEP
        | {"num_hidden_layers": (1, 1000)}
        | dict.fromkeys(
            (
                "hidden_size",
                "intermediate_size",
                "csgu_kernel_size",
                "merge_conv_kernel",
                "left_context_len",
                "num_heads",
                "head_dim",
            ),
            SIZE,
        ),
        (),
        ebranchformer_states,
    ),
}

CTC_KINDS: Mapping[str, Kind] = {"zipformer2": ZIPFORMER2, "zipformer2_ctc": ZIPFORMER2}
"""sherpa-onnx does not look at `model_type` here; icefall writes the first."""

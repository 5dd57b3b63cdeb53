"""What sherpa-onnx's models say of themselves in their ONNX metadata, and which of them edged runs.

Keys and values of `model_type`: sherpa-onnx csrc/offline-recognizer-impl.cc, csrc/online-transducer-model.cc.
"""

from collections.abc import Mapping
from typing import Literal

from edged.catalog.sniff.onnx import Onnx
from edged.catalog.sniff.verdict import quoted

NEMO = frozenset({"vocab_size", "subsampling_factor"})
NEMO_CACHES = {f"cache_last_{what}_dim{axis}" for what in ("channel", "time") for axis in (1, 2, 3)}
NEMO_STREAMING = NEMO | {"window_size", "chunk_shift"} | NEMO_CACHES
NEMO_OFFLINE = NEMO | {"normalize_type"}
NEMO_TRANSDUCER = frozenset({"pred_rnn_layers", "pred_hidden"})

RUNS: Mapping[str, tuple[str, ...]] = {
    "nemo-ctc": ("streaming", "offline"),
    "transducer": ("streaming", "offline"),
    "zipformer-ctc": ("streaming", "offline"),
    "paraformer": ("streaming", "offline"),
    "sense-voice": ("offline",),
    "whisper": ("offline",),
    "moonshine": ("offline",),
}
"""Families that edged runs, with their modes; a test holds it equal to `edged.stages.recognize.families`."""

TYPES: Mapping[str, str] = {
    "conformer": "conformer transducer",
    "ebranchformer": "e-branchformer transducer",
    "lstm": "LSTM transducer",
    "zipformer": "zipformer transducer",
    "zipformer2": "zipformer transducer",
    "zipformer2_ctc": "zipformer CTC",
    "paraformer": "Paraformer",
    "sense_voice_ctc": "SenseVoice",
    "wenet_ctc": "WeNet CTC",
    "telespeech_ctc": "TeleSpeech CTC",
    "tdnn": "TDNN",
    "EncDecCTCModel": "NeMo CTC",
    "EncDecCTCModelBPE": "NeMo CTC",
    "EncDecHybridRNNTCTCBPEModel": "NeMo hybrid",
    "EncDecRNNTBPEModel": "NeMo transducer",
}
"""What the values of `model_type` mean."""


def nemo_mode(facts: Onnx) -> Literal["streaming", "offline"] | None:
    """Return how a NeMo CTC model decodes, or None where it is something else."""
    keys = facts.metadata.keys()
    if keys & NEMO_TRANSDUCER:
        return None
    if keys >= NEMO_STREAMING and len(facts.inputs) >= 5:
        return "streaming"
    if keys >= NEMO_OFFLINE and len(facts.inputs) >= 2:
        return "offline"
    return None


def family_of(facts: Onnx) -> str:
    """Return the family its metadata names, in words; empty where they name none."""
    named = facts.metadata.get("model_type", "")
    if named.startswith("whisper"):
        return f"Whisper ({quoted(named)})"
    if named in TYPES:
        return TYPES[named]
    return "NeMo CTC" if nemo_mode(facts) else ""


def part_of(facts: Onnx) -> str:
    """Return which file of a recognizer it is, in words; empty where it is none."""
    keys = facts.metadata.keys()
    if "joiner_dim" in keys:
        return "the joiner of a transducer"
    if {"context_size", "vocab_size"} <= keys:
        return "the decoder of a transducer"
    family = family_of(facts)
    if "transducer" in family and len(facts.inputs) > 2:
        return f"the encoder of a streaming {family}"
    return family

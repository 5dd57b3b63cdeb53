"""Which model families sherpa-onnx is asked to load, and what each needs: the one place to add another.

sherpa-onnx ends its process when a metadata key is missing, so what a file must say is written here and
checked by `preflight` before the library sees it. Source: sherpa-onnx 2.0.1,
csrc/online-nemo-ctc-model.cc and csrc/offline-nemo-enc-dec-ctc-model.cc.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["streaming", "offline"]

PROVIDERS = ("cpu",)
"""What the PyPI build of sherpa-onnx has; any other name ends the process or silently means cpu."""

BLANKS = ("<blk>", "<blank>", "<eps>")
"""Names of the blank, one of which a tokens file must have."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One ONNX file of a family."""

    parameter: str
    """What sherpa-onnx's factory calls it."""
    inputs: int
    outputs: int
    """Smallest numbers of tensors."""
    integers: Mapping[str, tuple[int, int]]
    """Metadata keys that must be whole numbers, with their range."""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Metadata keys that must have one of these values."""


@dataclass(frozen=True, slots=True)
class Form:
    """One mode of a family."""

    factory: str
    """Class method of sherpa_onnx.OnlineRecognizer or OfflineRecognizer."""
    graphs: Mapping[str, Graph]
    """By role of the file in the manifest."""
    decoding: tuple[str, ...] = ("greedy_search",)
    """Values of decoding_method; another ends the process."""
    extra_tokens: int = 1
    """Lines of the tokens file beyond the metadata's vocab_size: NeMo does not count the blank."""


DIMENSION = (1, 100_000)
"""Range of a cache's dimension."""

NEMO = {"vocab_size": (1, 1_000_000), "subsampling_factor": (1, 64)}
NEMO_CACHES = {
    f"cache_last_{what}_dim{axis}": DIMENSION for what in ("channel", "time") for axis in (1, 2, 3)
}
NEMO_NORMALIZE = {"normalize_type": ("", "NA", "per_feature")}
"""Another value ends the process on first use."""
NEMO_CHUNKS = {"window_size": (1, 10_000), "chunk_shift": (1, 10_000)}

FAMILIES: Mapping[str, Mapping[str, Form]] = {
    "nemo-ctc": {
        "streaming": Form(
            "from_nemo_ctc",
            {"streaming": Graph("model", inputs=5, outputs=5, integers=NEMO | NEMO_CACHES | NEMO_CHUNKS)},
        ),
        "offline": Form(
            "from_nemo_ctc",
            {"offline": Graph("model", inputs=2, outputs=1, integers=NEMO, words=NEMO_NORMALIZE)},
        ),
    },
}

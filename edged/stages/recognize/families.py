"""Which model families sherpa-onnx is asked to load, and what each needs: the one place to add another.

sherpa-onnx ends its process when a metadata key is missing, so what a file must say is written here and
checked by `preflight` before the library sees it. Source: sherpa-onnx 2.0.1, the file csrc/*-model.cc of
each family.
"""

from collections.abc import Mapping
from typing import Literal

from edged.stages.recognize import encoders
from edged.stages.recognize.forms import Form, Found, Graph

Mode = Literal["streaming", "offline"]

PROVIDERS = ("cpu",)
"""What the PyPI build of sherpa-onnx has; any other name ends the process or silently means cpu."""

DIMENSION = (1, 100_000)
"""Range of a cache's dimension."""
VOCABULARY = (1, 1_000_000)
FRAMES = (1, 10_000)

NEMO = {"vocab_size": VOCABULARY, "subsampling_factor": (1, 64)}
NEMO_CACHES = {
    f"cache_last_{what}_dim{axis}": DIMENSION for what in ("channel", "time") for axis in (1, 2, 3)
}
NEMO_NORMALIZE = {"normalize_type": ("", "NA", "per_feature")}
"""Another value ends the process on first use."""
NEMO_CHUNKS = {"window_size": FRAMES, "chunk_shift": FRAMES}

TRANSDUCER = {"vocab_size": VOCABULARY, "context_size": (1, 64)}


def joined(found: Found) -> str:
    """The joiner's outputs are read as `vocab_size` numbers, however many there are."""
    columns = found.graphs["joiner"].outputs[0][-1:]
    wanted = found.numbers["vocab_size"]
    if columns and columns[0] not in (None, wanted):
        return f"the joiner has {columns[0]} outputs, the decoder says {wanted}"
    return ""


FAMILIES: Mapping[str, Mapping[Mode, Form]] = {
    "nemo-ctc": {
        "streaming": Form(
            "from_nemo_ctc",
            {"streaming": Graph("model", inputs=5, outputs=5, integers=NEMO | NEMO_CACHES | NEMO_CHUNKS)},
            extra_tokens=1,
            window="window_size",
            subsampling="subsampling_factor",
        ),
        "offline": Form(
            "from_nemo_ctc",
            {"offline": Graph("model", inputs=2, outputs=1, integers=NEMO, words=NEMO_NORMALIZE)},
            extra_tokens=1,
            subsampling="subsampling_factor",
        ),
    },
    "transducer": {
        "streaming": Form(
            "from_transducer",
            {
                "encoder": Graph("encoder", inputs=3, outputs=3, kinds=encoders.KINDS),
                "decoder": Graph("decoder", inputs=1, outputs=1, integers=TRANSDUCER),
                "joiner": Graph("joiner", inputs=2, outputs=1),
            },
            exact=False,
            window="T",
            check=joined,
        ),
        "offline": Form(
            "from_transducer",
            {
                "encoder": Graph("encoder", inputs=2, outputs=2),
                "decoder": Graph("decoder", inputs=1, outputs=1, integers=TRANSDUCER),
                "joiner": Graph("joiner", inputs=2, outputs=1),
            },
            exact=False,
            check=joined,
        ),
    },
}

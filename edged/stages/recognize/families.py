"""Which model families sherpa-onnx is asked to load, and what each needs: the one place to add another.

sherpa-onnx ends its process when a metadata key is missing, so what a file must say is written here and
checked by `preflight` before the library sees it. Source: sherpa-onnx 1.13.4, csrc/*-model.cc of each
family; that it holds for 2.0.1 as well is what the tests with tiny models show.
"""

from collections.abc import Mapping
from typing import Literal

from edged.stages.recognize import agreement, encoders
from edged.stages.recognize.agreement import SENSE_VOICE_LANGUAGES, WHISPER_TOKENS
from edged.stages.recognize.forms import BEAM, GREEDY, MAX_STACK, Form, Found, Graph

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

ZIPFORMER_CTC = {"model_type": ("", "zipformer2_ctc", "zipformer_ctc", "zipformer2", "zipformer")}
"""sherpa-onnx takes any model here and gives nonsense."""

STACKED = {"vocab_size": VOCABULARY, "lfr_window_size": (1, MAX_STACK), "lfr_window_shift": (1, MAX_STACK)}
NORMALIZED = ("neg_mean", "inv_stddev")
PARAFORMER_CACHES = {
    "encoder_output_size": DIMENSION,
    "decoder_num_blocks": (1, 1000),
    "decoder_kernel_size": (2, 1000),
}
PARAFORMER_FRAMES = 61 + 3 * 6 + 7
"""A chunk, the stacked frames of 60 ms at its end that only the next one decodes, and a stack's own length
(csrc/online-recognizer-paraformer-impl.h)."""

SENSE_VOICE = (
    {"normalize_samples": (0, 1)}
    | dict.fromkeys(("with_itn", "without_itn"), (0, 1000))
    | {f"lang_{name}": (0, 1000) for name in SENSE_VOICE_LANGUAGES}
)

WHISPER = (
    dict.fromkeys(("n_mels", "n_text_layer", "n_text_ctx", "n_text_state"), (1, 10_000))
    | {"n_vocab": VOCABULARY, "is_multilingual": (0, 1)}
    | dict.fromkeys(WHISPER_TOKENS, (0, 1_000_000))
)


def never(found: Found) -> bool:
    """No times: sherpa-onnx computes none for this family."""
    return False


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
                "decoder": Graph("decoder", inputs=1, outputs=1, exactly=True, integers=TRANSDUCER),
                "joiner": Graph("joiner", inputs=2, outputs=1, exactly=True),
            },
            decoding=(GREEDY, BEAM),
            sure=True,
            exact=False,
            window="T",
            check=agreement.joined,
        ),
        "offline": Form(
            "from_transducer",
            {
                "encoder": Graph("encoder", inputs=2, outputs=2, exactly=True),
                "decoder": Graph("decoder", inputs=1, outputs=1, exactly=True, integers=TRANSDUCER),
                "joiner": Graph("joiner", inputs=2, outputs=1, exactly=True),
            },
            decoding=(GREEDY, BEAM),
            sure=True,
            exact=False,
            check=agreement.joined,
        ),
    },
    "zipformer-ctc": {
        "streaming": Form(
            "from_zipformer2_ctc",
            {"streaming": Graph("model", inputs=3, outputs=3, kinds=encoders.CTC_KINDS)},
            vocabulary="",
            exact=False,
            window="T",
            check=agreement.columned,
        ),
        "offline": Form(
            "from_zipformer_ctc",
            {"offline": Graph("model", inputs=2, outputs=2, exactly=True, optional=ZIPFORMER_CTC)},
            vocabulary="",
            exact=False,
            check=agreement.columned,
        ),
    },
    "paraformer": {
        "streaming": Form(
            "from_paraformer",
            {
                "encoder": Graph(
                    "encoder", inputs=2, outputs=3, integers=STACKED | PARAFORMER_CACHES, floats=NORMALIZED
                ),
                "decoder": Graph("decoder", inputs=4, outputs=2),
            },
            needs=(),
            window_frames=PARAFORMER_FRAMES,
            timed=never,
            check=agreement.cached,
        ),
        "offline": Form(
            "from_paraformer",
            {
                "model": Graph(
                    "paraformer", inputs=2, outputs=2, exactly=True, integers=STACKED, floats=NORMALIZED
                )
            },
            needs=("</s>",),
            subsampling="lfr_window_shift",
            timed=lambda found: len(found.graphs["model"].outputs) > 3,
            joins="@@",
            check=agreement.peaked,
        ),
    },
    "sense-voice": {
        "offline": Form(
            "from_sense_voice",
            {
                "model": Graph(
                    "model",
                    inputs=4,
                    outputs=1,
                    exactly=True,
                    integers=STACKED | SENSE_VOICE,
                    floats=NORMALIZED,
                )
            },
            needs=(),
            subsampling="lfr_window_shift",
            language=True,
            own_itn=True,
            check=agreement.spoken,
        ),
    },
    "whisper": {
        "offline": Form(
            "from_whisper",
            {
                "encoder": Graph(
                    "encoder",
                    inputs=1,
                    outputs=2,
                    integers=WHISPER,
                    words={"n_mels": ("80", "128")},
                    lists=("sot_sequence",),
                ),
                "decoder": Graph("decoder", inputs=6, outputs=3, exactly=True),
            },
            vocabulary="n_vocab",
            counted=False,
            needs=(),
            subsampling_frames=2,
            timed=lambda found: len(found.graphs["decoder"].outputs) > 3,
            timed_argument="enable_token_timestamps",
            language=True,
            check=agreement.whispered,
        ),
    },
    "moonshine": {
        "offline": Form(
            "from_moonshine",
            {
                "preprocessor": Graph("preprocessor", inputs=1, outputs=1, exactly=True),
                "encoder": Graph("encoder", inputs=2, outputs=1, exactly=True),
                "uncached_decoder": Graph("uncached_decoder", inputs=3, outputs=2, exactly=True),
                "cached_decoder": Graph("cached_decoder", inputs=4, outputs=2),
            },
            vocabulary="",
            counted=False,
            needs=("</s>",),
            timed=never,
            check=agreement.handed_on,
        ),
    },
}
"""Roles of one file are the mode where a folder may hold both, else sherpa-onnx's own names."""

"""Which model families sherpa-onnx is asked to load, and what each needs: the one place to add another.

sherpa-onnx ends its process when a metadata key is missing, so what a file must say is written here and
checked by `preflight` before the library sees it. Source: sherpa-onnx 1.13.4, csrc/*-model.cc of each
family; that it holds for 2.0.1 as well is what the tests with tiny models show.
"""

from collections.abc import Mapping
from typing import Literal

from edged.stages.recognize import encoders
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

SENSE_VOICE_LANGUAGES = ("auto", "zh", "en", "ja", "ko", "yue")
SENSE_VOICE = (
    {"normalize_samples": (0, 1)}
    | dict.fromkeys(("with_itn", "without_itn"), (0, 1000))
    | {f"lang_{name}": (0, 1000) for name in SENSE_VOICE_LANGUAGES}
)

WHISPER_TOKENS = ("sot", "eot", "blank_id", "translate", "transcribe", "no_timestamps", "no_speech")
WHISPER = (
    dict.fromkeys(("n_mels", "n_text_layer", "n_text_ctx", "n_text_state"), (1, 10_000))
    | {"n_vocab": VOCABULARY, "is_multilingual": (0, 1)}
    | dict.fromkeys(WHISPER_TOKENS, (0, 1_000_000))
)


def joined(found: Found) -> str:
    """The joiner's outputs are read as `vocab_size` numbers, however many there are."""
    columns = found.graphs["joiner"].outputs[0][-1:]
    wanted = found.numbers["vocab_size"]
    if columns and columns[0] not in (None, wanted):
        return f"the joiner has {columns[0]} outputs, the decoder says {wanted}"
    return ""


def columned(found: Found) -> str:
    """The vocabulary is taken from the third dimension of the output, which must be there and be a number."""
    (graph,) = found.graphs.values()
    shape = graph.outputs[0]
    return "" if len(shape) == 3 and shape[2] else "its output does not say how many tokens there are"


def cached(found: Found) -> str:
    """Each layer of the decoder carries one state."""
    decoder, states = found.graphs["decoder"], found.numbers["decoder_num_blocks"]
    if (len(decoder.inputs), len(decoder.outputs)) == (4 + states, 2 + states):
        return ""
    return f"the decoder has {len(decoder.inputs)} inputs, the encoder says {4 + states}"


def peaked(found: Found) -> str:
    """With a third output sherpa-onnx reads a fourth, that of the times."""
    return "its model has three outputs, and a fourth would be read" * (
        len(found.graphs["model"].outputs) == 3
    )


def spoken(found: Found) -> str:
    """A language it does not know is none, without a word."""
    for language in found.languages:
        if language not in SENSE_VOICE_LANGUAGES:
            return f"language {language!r}; SenseVoice knows {', '.join(SENSE_VOICE_LANGUAGES)}"
    return ""


def whispered(found: Found) -> str:
    """Ids beyond the vocabulary are read from beyond the output; an unknown language ends the process."""
    metadata, numbers = found.graphs["encoder"].metadata, found.numbers
    ids = [numbers[name] for name in WHISPER_TOKENS] + list(found.lists["sot_sequence"])
    if max(ids) >= numbers["n_vocab"]:
        return f"its metadata name token {max(ids)} of {numbers['n_vocab']}"
    columns = found.graphs["decoder"].outputs[0][-1:]
    if columns and columns[0] not in (None, numbers["n_vocab"]):
        return f"the decoder has {columns[0]} outputs, the encoder says {numbers['n_vocab']}"
    if not numbers["is_multilingual"]:
        return ""
    if len(found.lists["sot_sequence"]) < 3:
        return "metadata 'sot_sequence' has no place for a language and a task"
    codes = [code.strip() for code in metadata.get("all_language_codes", "").split(",")]
    numbered = metadata.get("all_language_tokens", "").split(",")
    if len(codes) != len(numbered) or not all(
        number.strip().isdigit() and int(number) < numbers["n_vocab"] for number in numbered
    ):
        return "metadata 'all_language_tokens' does not number the languages of 'all_language_codes'"
    for language in found.languages:
        if language not in codes:
            return f"language {language!r} of its manifest is not among those of the model"
    return ""


def handed_on(found: Found) -> str:
    """What the first decoder hands on is what the second takes and gives."""
    first, second = found.graphs["uncached_decoder"], found.graphs["cached_decoder"]
    states = len(first.outputs) - 1
    if (len(second.inputs), len(second.outputs)) == (3 + states, 1 + states):
        return ""
    return f"uncached_decoder hands on {states} states, cached_decoder takes {len(second.inputs) - 3}"


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
            check=joined,
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
            check=joined,
        ),
    },
    "zipformer-ctc": {
        "streaming": Form(
            "from_zipformer2_ctc",
            {"streaming": Graph("model", inputs=3, outputs=3, kinds=encoders.CTC_KINDS)},
            vocabulary="",
            exact=False,
            window="T",
            check=columned,
        ),
        "offline": Form(
            "from_zipformer_ctc",
            {"offline": Graph("model", inputs=2, outputs=2, exactly=True, optional=ZIPFORMER_CTC)},
            vocabulary="",
            exact=False,
            check=columned,
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
            check=cached,
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
            check=peaked,
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
            check=spoken,
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
            check=whispered,
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
            check=handed_on,
        ),
    },
}
"""Roles of one file are the mode where a folder may hold both, else sherpa-onnx's own names."""

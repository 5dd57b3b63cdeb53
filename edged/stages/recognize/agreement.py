"""What the files of one model must say alike: where they differ, sherpa-onnx reads beyond its memory.

Each check returns what does not fit, as the end of a sentence; empty where all does. Source: see `families`.
"""

from edged.stages.recognize.forms import Found

SENSE_VOICE_LANGUAGES = ("auto", "zh", "en", "ja", "ko", "yue")
WHISPER_TOKENS = ("sot", "eot", "blank_id", "translate", "transcribe", "no_timestamps", "no_speech")


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

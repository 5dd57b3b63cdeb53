"""Punctuation by a model of its own: FunASR's CT-Transformer, or the CNN-BiLSTM that knows capitals as well.

sherpa-onnx ends its process at what it does not expect in one, so all is held against what it reads first.
Source: sherpa-onnx, csrc/offline-ct-transformer-model.cc, csrc/online-cnn-bilstm-model.cc and the two users.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from edged.errors import ModelError
from edged.stages.recognize.encoding import read_vocabulary
from edged.stages.recognize.graphs import WAY_OUT, WHOSE, read_graph
from edged.stages.recognize.words import is_alone

MARKS = ("。", "，", "？", "、", "_")
"""Punctuation that a CT-Transformer must know; `_` is none."""

CLASSES = {"COMMA": "1", "PERIOD": "2", "QUESTION": "3", "UPPER": "1", "CAP": "2", "MIX_CASE": "3"}
"""Metadata of a CNN-BiLSTM; sherpa-onnx takes these values whatever they are."""
CLASS_COUNT = 4

LONGEST_WORD = 100
"""Letters: a CNN-BiLSTM sees 200 pieces at once, and sherpa-onnx writes beyond them for a longer word."""

LATIN = {"。": ".", "，": ",", "？": "?", "、": ","}

TRIAL = "turn on the light is it on"


class Punctuation(Protocol):
    """Writes marks into a text."""

    def add(self, text: str) -> str:
        """Return the text with punctuation; letters and their order stay as they are, but for their case.

        Raises:
            RuntimeError: onnxruntime failed, or it changed the text.
        """
        ...


def open_punctuation(files: Mapping[str, str], threads: int) -> Punctuation:
    """Check, load and try a model. It is a CNN-BiLSTM if it has a file of role `bpe_vocab`.

    Raises:
        ModelError: sherpa-onnx would not survive it, or refuses it.
        RuntimeError: onnxruntime refuses it.
    """
    path = Path(files["model"])
    if "bpe_vocab" in files:
        _check_bilstm(path)
        pieces = read_vocabulary(Path(files["bpe_vocab"]))
        if pieces[1:3] != ("<s>", "</s>"):
            raise ModelError(f"{files['bpe_vocab']}: `<s>` and `</s>` are not its second and third piece")
        found: Punctuation = BiLstm(path, files["bpe_vocab"], threads)
    else:
        _check_ct_transformer(path)
        found = CtTransformer(path, threads)
    found.add(TRIAL)
    return found


class CtTransformer:
    """Chinese and English."""

    def __init__(self, path: Path, threads: int) -> None:
        import sherpa_onnx

        sherpa: Any = sherpa_onnx  # its stubs say little
        model = sherpa.OfflinePunctuationModelConfig(ct_transformer=str(path), num_threads=threads)
        self._model: Any = sherpa.OfflinePunctuation(sherpa.OfflinePunctuationConfig(model=model))

    def add(self, text: str) -> str:
        return marked(text, str(self._model.add_punctuation(text)))


class BiLstm:
    """English, with capitals."""

    def __init__(self, path: Path, vocabulary: str, threads: int) -> None:
        import sherpa_onnx

        sherpa: Any = sherpa_onnx
        model = sherpa.OnlinePunctuationModelConfig(
            cnn_bilstm=str(path), bpe_vocab=vocabulary, num_threads=threads
        )
        self._model: Any = sherpa.OnlinePunctuation(sherpa.OnlinePunctuationConfig(model_config=model))

    def add(self, text: str) -> str:
        if any(len(word) > LONGEST_WORD for word in text.split()):
            raise RuntimeError(f"a word of more than {LONGEST_WORD} letters")
        return marked(text, str(self._model.add_punctuation_with_case(text.lower())))


def marked(text: str, punctuated: str) -> str:
    """Return a text with the marks, and the case of letters, that a model gave it; spaces stay as they were.

    Full-width marks become Latin ones where the text holds no Chinese or Japanese.

    Raises:
        RuntimeError: the model changed more than that.
    """
    shown = {mark: mark for mark in LATIN} if any(map(is_alone, text)) else LATIN
    found: list[str] = []
    at = 0
    for letter in punctuated:
        if letter.isspace():
            continue
        following = at + len(text[at:]) - len(text[at:].lstrip())
        if text[following : following + 1].casefold() == letter.casefold():
            found += (text[at:following], letter)
            at = following + 1
        elif letter in LATIN or letter in LATIN.values():
            found.append(shown.get(letter, letter))
        else:
            raise RuntimeError(f"it wrote {letter!r}, which nobody said")
    if text[at:].strip():
        raise RuntimeError(f"it left out {text[at:].strip()!r:.40}")
    return "".join(found)


def _check_ct_transformer(path: Path) -> None:
    seen = read_graph(path)
    if len(seen.inputs) != 2 or not seen.outputs or len(seen.outputs[0]) != 3:
        raise ModelError(f"{path}: is no CT-Transformer ({len(seen.inputs)} inputs): {WHOSE}")
    for key in ("tokens", "vocab_size", "punctuations", "unk_symbol"):
        if key not in seen.metadata:
            raise ModelError(f"{path}: metadata {key!r} is missing: {WHOSE}")
    tokens = seen.metadata["tokens"].split("|")
    if seen.metadata["vocab_size"] != str(len(tokens)):
        raise ModelError(f"{path}: metadata 'tokens' holds {len(tokens)} tokens, not as many as it says")
    if seen.metadata["unk_symbol"] not in tokens:
        raise ModelError(f"{path}: metadata 'unk_symbol' is none of its tokens; {WAY_OUT}")
    marks = seen.metadata["punctuations"].split("|")
    if lacking := [mark for mark in MARKS if mark not in marks]:
        raise ModelError(f"{path}: metadata 'punctuations' lacks {' '.join(lacking)}; {WAY_OUT}")
    if seen.outputs[0][2] != len(marks):
        raise ModelError(f"{path}: {seen.outputs[0][2]} outputs, but {len(marks)} punctuations; {WAY_OUT}")


def _check_bilstm(path: Path) -> None:
    seen = read_graph(path)
    if len(seen.inputs) != 3 or len(seen.outputs) < 2:
        raise ModelError(f"{path}: is no CNN-BiLSTM ({len(seen.inputs)} inputs): {WHOSE}")
    for key, value in CLASSES.items():
        if seen.metadata.get(key) != value:
            raise ModelError(f"{path}: metadata {key!r} is {seen.metadata.get(key)!r}, not {value}: {WHOSE}")
    for shape in seen.outputs[:2]:
        if len(shape) != 2 or shape[1] != CLASS_COUNT:
            raise ModelError(f"{path}: an output of shape {shape}, not of {CLASS_COUNT} classes; {WAY_OUT}")

"""Which phrases a model's tokens can spell: sherpa-onnx drops letters that it cannot, and looks for the rest.

It also ends its process, or reads beyond its list, at what it does not expect in a vocabulary: so all is held
against the tokens before it sees a phrase. Source: sherpa-onnx, csrc/utils.cc and csrc/text-utils.cc.
"""

from collections.abc import Callable, Collection, Mapping
from itertools import groupby
from pathlib import Path

from edged.errors import ModelError
from edged.stages.recognize.recognizer import Hotword
from edged.stages.recognize.words import BOUNDARY, is_alone

UNITS = ("cjkchar", "bpe", "cjkchar+bpe")
"""Values of `modeling_unit` that phrases can be spelled in; another ends the process."""
UNSPEAKABLE = "/:#@"
"""Signs that mean something to sherpa-onnx in a list of phrases."""


class Spelling:
    """Of one model."""

    def __init__(self, unit: str, tokens: Collection[str], pieces: Collection[str] = ()) -> None:
        """Prepare.

        Args:
            unit: one of `UNITS`.
            tokens: those of the model, as its file spells them.
            pieces: those of `bpe.vocab`, where the unit has any.
        """
        self._unit = unit
        self._tokens = frozenset(tokens)
        self._pieces = frozenset(piece for piece in pieces if piece in self._tokens)
        self._longest = max(map(len, self._pieces), default=0)
        letters = "".join(token for token in self._pieces or self._tokens if not token.startswith("<"))
        upper = any(letter.isascii() and letter.isupper() for letter in letters)
        lower = any(letter.isascii() and letter.islower() for letter in letters)
        self._case: Callable[[str], str] = str.upper if upper and not lower else str
        if lower and not upper:
            self._case = str.lower

    def spelled(self, hotword: Hotword) -> str | None:
        """Return a phrase in the case of the model, None where its tokens cannot spell it."""
        text = self._case(hotword.phrase)
        if set(UNSPEAKABLE) & set(text):
            return None
        return text if all(self._spells(word) for word in text.split()) else None

    def _spells(self, word: str) -> bool:
        if self._unit == "bpe":
            return self._pieced(word)
        for latin, letters in groupby(word, key=_latin):
            run = "".join(letters)
            if latin and self._unit == "cjkchar+bpe" and run[0].isalpha():
                fits = self._pieced(run)
            elif latin:
                fits = run in self._tokens
            else:
                fits = all(each in self._tokens and (each.isascii() or is_alone(each)) for each in run)
            if not fits:
                return False
        return True

    def _pieced(self, word: str) -> bool:
        """Return whether pieces that are tokens make up a word."""
        text = BOUNDARY + word
        reached = {0}
        for stop in range(1, len(text) + 1):
            if any(
                start in reached and text[start:stop] in self._pieces
                for start in range(max(0, stop - self._longest), stop)
            ):
                reached.add(stop)
        return len(text) in reached


def _latin(letter: str) -> bool:
    """Return whether sherpa-onnx keeps a letter together with the next of its kind; it parts all others."""
    return letter.isascii() and (letter.isalnum() or letter == "'")


def spelling(unit: str, tokens: Mapping[int, str], vocabulary: Path | None) -> Spelling:
    """Return how phrases are spelled for a model.

    Raises:
        ModelError: its manifest does not say it, or the vocabulary is another model's.
    """
    if not unit:
        raise ModelError("its model.toml has no modeling_unit")
    if unit not in UNITS:
        raise ModelError(f"modeling_unit in its model.toml is {unit!r}, not one of {', '.join(UNITS)}")
    if "bpe" not in unit:
        return Spelling(unit, tokens.values())
    if vocabulary is None:
        raise ModelError(f"modeling_unit {unit!r} needs a file of role 'bpe_vocab' in its model.toml")
    pieces = read_vocabulary(vocabulary)
    known = set(tokens.values())
    strange = [piece for piece in pieces if piece not in known and not piece.startswith("<")]
    if strange:
        raise ModelError(f"{vocabulary}: {strange[0]!r} is no token of the model; take both from one source")
    return Spelling(unit, known, pieces)


def read_vocabulary(path: Path) -> tuple[str, ...]:
    """Return the pieces of a `bpe.vocab` of SentencePiece: lines of `PIECE<TAB>SCORE`.

    Raises:
        ModelError: it is none; sherpa-onnx would not survive it.
    """
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise ModelError(f"{path}: cannot be read as UTF-8 text ({exc})") from exc
    pieces: list[str] = []
    for number, line in enumerate(lines, 1):
        piece, tab, score = line.rstrip("\r").partition("\t")
        try:
            float(score)
        except ValueError:
            tab = ""
        if not tab or not piece:
            raise ModelError(f"{path}:{number}: {line!r:.40} is not `PIECE<TAB>SCORE`")
        pieces.append(piece)
    return tuple(pieces)

"""What one utterance gets of what it asks for, beside what the configuration asks of all. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from edged.stages.recognize.encoding import Spelling
from edged.stages.recognize.hotwords import merge, score
from edged.stages.recognize.languages import choose
from edged.stages.recognize.recognizer import Hotword, Options
from edged.stages.recognize.requests import Load

SHOWN = 5
"""Phrases that a note names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is done for one utterance."""

    hotwords: str = ""
    """As sherpa-onnx reads them, `PHRASE :SCORE/PHRASE :SCORE`; empty: none, and it must not be given any."""
    language: str = ""
    """Of the model's; empty: whatever it speaks."""
    own_itn: bool = False
    """The model writes numbers itself."""
    itn: bool = False
    """Numbers are written by rules."""
    punctuate: bool = False
    notes: tuple[str, ...] = ()
    """What is asked for and not done."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What there is to give."""

    own_itn: bool = False
    itn: bool = False
    punctuation: bool = False
    no_itn: str = ""
    """Why there is none though the configuration asks for it."""
    no_punctuation: str = ""
    """The same for punctuation."""


class Asking:
    """Of one model."""

    def __init__(self, load: Load, spelled: Spelling | str, can: Abilities) -> None:
        """Prepare.

        Args:
            load: what the configuration asks for.
            spelled: how hotwords are spelled, or why none are taken.
            can: what there is to give.
        """
        self._load = load
        self._spelled = spelled
        self._can = can
        self._usual = tuple(Hotword(*each) for each in zip(load.hotwords, load.weights, strict=False))
        self._usually = self._spell(self._usual)

    def asked(self, options: Options) -> Asked:
        """Return what an utterance gets.

        Raises:
            ModelError: it is in a language that the model does not speak.
        """
        load, can = self._load, self._can
        hotwords, notes = self._usually
        if options.hotwords:
            hotwords, notes = self._spell(merge(self._usual, options.hotwords))
        language = choose(options.language, load.languages, load.name) or load.language
        own_itn = can.own_itn and (load.own_itn if options.itn is None else options.itn and not can.itn)
        itn = can.itn and options.itn is not False
        if options.itn is not False and can.no_itn:
            notes += (can.no_itn,)
        elif options.itn and not (itn or own_itn):
            notes += ("numbers stay as they were spoken: [recognize] itn names no rules",)
        punctuate = can.punctuation and options.punctuate is not False
        if options.punctuate is not False and can.no_punctuation:
            notes += (can.no_punctuation,)
        elif options.punctuate and not punctuate:
            notes += ("no punctuation is added: [recognize] punctuation names no model",)
        return Asked(hotwords, language, own_itn, itn, punctuate, notes)

    def _spell(self, hotwords: Sequence[Hotword]) -> tuple[str, tuple[str, ...]]:
        """Return phrases as sherpa-onnx reads them, and a note on those that are left out."""
        if not hotwords:
            return "", ()
        if isinstance(self._spelled, str):
            return "", (f"hotwords are ignored: {self._spelled}",)
        lines: list[str] = []
        left_out: list[str] = []
        for hotword in hotwords:
            phrase = self._spelled.spelled(hotword)
            if phrase is None:
                left_out.append(hotword.phrase)
            else:
                lines.append(f"{phrase} :{score(hotword.weight):.3f}")
        return "/".join(lines), _unspelled(left_out)


def _unspelled(phrases: Sequence[str]) -> tuple[str, ...]:
    if not phrases:
        return ()
    named = ", ".join(repr(phrase) for phrase in phrases[:SHOWN])
    more = f" and {len(phrases) - SHOWN} more" if len(phrases) > SHOWN else ""
    return (f"hotwords are ignored that the model's tokens cannot spell: {named}{more}",)

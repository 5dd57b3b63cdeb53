"""From what a model heard to the text that is given out: withheld, numbers, punctuation, in that order."""

from collections.abc import Sequence
from dataclasses import dataclass

from edged.messages import Transcript, Word
from edged.stages.recognize.alignment import realign
from edged.stages.recognize.asking import Asked
from edged.stages.recognize.doubt import doubt
from edged.stages.recognize.punctuation import Punctuation
from edged.stages.recognize.rules import Rules, RulesFailed

FAILED = (RuntimeError, ValueError, IndexError, MemoryError)
"""What sherpa-onnx raises where it does not end the process."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model understood of one utterance, as it said it."""

    text: str
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    audio_s: float = 0.0
    loudest_dbfs: float = 0.0


@dataclass(frozen=True, slots=True)
class Writer:
    """Of one model and configuration."""

    rules: Rules | None = None
    punctuation: Punctuation | None = None
    min_confidence: float = 0.0
    filter: bool = False

    def write(self, heard: Heard, asked: Asked) -> Transcript:
        """Return the text as it was asked for; what cannot be done is a note, and the text stays."""
        if why := self._withheld(heard):
            notes = (*asked.notes, f"text withheld: {why}")
            return Transcript("", (), heard.confidence, notes)
        notes = list(asked.notes)
        text = heard.text
        if asked.itn and self.rules is not None and text:
            try:
                text = self.rules.rewrite(text)
            except RulesFailed as exc:
                notes.append(f"numbers stay as they were spoken: {exc}")
        if asked.punctuate and self.punctuation is not None and text:
            try:
                text = self.punctuation.add(text)
            except FAILED as exc:
                notes.append(f"punctuation failed: {exc!s:.200}".splitlines()[0])
        words: Sequence[Word] = heard.words if text == heard.text else realign(heard.words, text)
        return Transcript(text, tuple(words), heard.confidence, tuple(notes))

    def _withheld(self, heard: Heard) -> str:
        """Return why nothing is said, as the end of a sentence; empty where it is."""
        if not heard.text:
            return ""
        sure = heard.confidence
        if sure is not None and sure < self.min_confidence:
            return f"confidence {sure:.2f} is below min_confidence {self.min_confidence:g}"
        return doubt(heard.text, heard.audio_s, heard.loudest_dbfs) if self.filter else ""

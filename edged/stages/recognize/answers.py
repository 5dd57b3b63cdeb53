"""What the recognizer's process answers, as it travels: one flat message each."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from edged.messages import Transcript, Word
from edged.stages.recognize.recognizer import Capabilities


@dataclass(frozen=True, slots=True)
class Ready:
    """Loaded, and a first decode went well."""

    KIND: ClassVar[str] = "ready"
    model: str
    family: str
    mode: str
    words: bool
    languages: tuple[str, ...]
    self_test: bool
    provider: str
    confidence: bool = False
    hotwords: bool = False
    itn: bool = False
    punctuation: bool = False
    notes: tuple[str, ...] = ()
    device: str = ""

    @classmethod
    def of(cls, can: Capabilities) -> "Ready":
        """Return the message of a process that has loaded what can do this."""
        return cls(**{each.name: getattr(can, each.name) for each in dataclasses.fields(can)})

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(
            self.model,
            self.family,
            "streaming" if self.mode == "streaming" else "offline",
            self.words,
            self.languages,
            self.self_test,
            self.provider,
            self.confidence,
            self.hotwords,
            self.itn,
            self.punctuation,
            self.notes,
            self.device,
        )


@dataclass(frozen=True, slots=True)
class Partial:
    """The text so far."""

    KIND: ClassVar[str] = "partial"
    utterance: int
    text: str
    heard_s: float = 0.0
    """Seconds of audio that it is the text of."""


@dataclass(frozen=True, slots=True)
class Final:
    """The text; times are seconds from the utterance's first sample."""

    KIND: ClassVar[str] = "final"
    utterance: int
    text: str
    words: tuple[str, ...]
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    cpu_s: float
    audio_s: float
    sure: tuple[float | None, ...] = ()
    """Confidence of each word."""
    confidence: float | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, utterance: int, transcript: Transcript, cpu_s: float, audio_s: float) -> "Final":
        """Return the message for what was understood."""
        found = transcript.words
        return cls(
            utterance,
            transcript.text,
            tuple(word.text for word in found),
            tuple(word.start for word in found),
            tuple(word.end for word in found),
            cpu_s,
            audio_s,
            tuple(word.confidence for word in found),
            transcript.confidence,
            transcript.notes,
        )

    @property
    def transcript(self) -> Transcript:
        """What was understood."""
        sure = self.sure or (None,) * len(self.words)
        each = zip(self.words, self.starts, self.ends, sure, strict=False)
        return Transcript(self.text, tuple(Word(*word) for word in each), self.confidence, self.notes)


@dataclass(frozen=True, slots=True)
class Error:
    """A sentence for a person; `utterance` 0 where nothing was loaded."""

    KIND: ClassVar[str] = "error"
    code: str
    """`model`, `provider` (both end the child) or `decode` (one utterance has no text)."""
    text: str
    utterance: int = 0


@dataclass(frozen=True, slots=True)
class Beat:
    """Alive; sent while an utterance is open and nothing else was said for a while."""

    KIND: ClassVar[str] = "beat"
    busy_s: float
    """Seconds since work on the present message began; 0 while waiting for one."""


Answer = Ready | Partial | Final | Error | Beat

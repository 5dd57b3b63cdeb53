"""What the daemon asks of the recognizer's process, as it travels: one flat message each."""

from dataclasses import dataclass, field
from typing import ClassVar

from edged.stages.recognize.recognizer import Hotword, Options


@dataclass(frozen=True, slots=True)
class Load:
    """First: what to load and how to run."""

    KIND: ClassVar[str] = "load"
    name: str
    family: str
    mode: str
    files: dict[str, str]
    """Absolute path by role."""
    languages: tuple[str, ...] = ()
    sample_rate: int = 16_000
    min_audio_s: float = 0.2
    tail_padding_s: float = 0.0
    self_test: bool = False
    provider: str = "cpu"
    decoding: str = "greedy_search"
    modeling_unit: str = ""
    """What hotwords are spelled in; see `encoding`."""
    hotwords: tuple[str, ...] = ()
    weights: tuple[float | None, ...] = ()
    """Of each hotword."""
    language: str = ""
    """Of `languages`; empty: whatever the model speaks."""
    itn: str = ""
    """File of rules for numbers; empty: none."""
    own_itn: bool = False
    """The model's own way with numbers, where it has one."""
    punctuation: dict[str, str] = field(default_factory=dict[str, str])
    """Absolute path by role; empty: none."""
    min_confidence: float = 0.0
    filter: bool = False
    """Withhold text that nobody can have said."""
    no_itn: str = ""
    """Why there are no rules though the configuration asks for them."""
    no_punctuation: str = ""
    """The same for punctuation."""
    threads: int = 1
    nice: int = 0
    cpus: tuple[int, ...] = ()
    """Where it may run; empty: wherever the scheduler puts it."""
    memory_mb: int = 0
    """Megabytes (10^6) that it may have between two utterances, in one at most twice as many; 0: any."""
    beat_s: float = 2.5
    """Longest silence while an utterance is open, seconds; then a beat."""


@dataclass(frozen=True, slots=True)
class Start:
    """An utterance begins; others may be open."""

    KIND: ClassVar[str] = "start"
    utterance: int
    partials: bool
    hotwords: tuple[str, ...] = ()
    weights: tuple[float | None, ...] = ()
    """Of each hotword."""
    language: str = ""
    itn: bool | None = None
    punctuate: bool | None = None
    again: bool = False

    @classmethod
    def of(cls, utterance: int, options: Options) -> "Start":
        """Return the message for what an utterance asks for."""
        return cls(
            utterance,
            options.partials,
            tuple(hotword.phrase for hotword in options.hotwords),
            tuple(hotword.weight for hotword in options.hotwords),
            options.language,
            options.itn,
            options.punctuate,
            options.again,
        )

    @property
    def options(self) -> Options:
        """What the utterance asks for."""
        hotwords = tuple(Hotword(*each) for each in zip(self.hotwords, self.weights, strict=False))
        return Options(self.partials, hotwords, self.language, self.itn, self.punctuate, self.again)


@dataclass(frozen=True, slots=True)
class Audio:
    """More of an open utterance."""

    KIND: ClassVar[str] = "audio"
    utterance: int
    pcm: bytes
    """int16 little-endian, mono, 16 kHz."""


@dataclass(frozen=True, slots=True)
class Finish:
    """No more audio, the text please."""

    KIND: ClassVar[str] = "finish"
    utterance: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Forget an open utterance."""

    KIND: ClassVar[str] = "cancel"
    utterance: int


Request = Load | Start | Audio | Finish | Cancel

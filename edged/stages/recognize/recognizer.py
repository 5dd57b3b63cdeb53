"""What a recognizer must do. Its contract suites are in `tests/contracts`.

Two contracts, one on each side of the process boundary: a `Decoder` is a loaded model, in the child, and
opens a `Session` for each utterance; a `Recognizer` is what the daemon holds, and answers by calling back
from a thread of its own. A decoder may end its process on bad input, so the daemon never holds one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from edged.messages import Transcript

Pcm = NDArray[np.int16]
"""Shape (n,), mono, 16 kHz."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a loaded recognizer can do; absent is absent, never faked."""

    model: str
    family: str
    """sherpa-onnx family, e.g. `nemo-ctc`."""
    mode: Literal["streaming", "offline"]
    words: bool
    """Word times come with the text."""
    languages: tuple[str, ...] = ()
    self_test: bool = False
    """True: proves the path, does not understand people."""
    provider: str = "cpu"
    confidence: bool = False
    """It says how sure it is."""
    hotwords: bool = False
    """Phrases can be preferred."""
    itn: bool = False
    """Numbers can be written as people write them."""
    punctuation: bool = False
    """Punctuation can be added; that of the model itself comes anyway."""
    notes: tuple[str, ...] = ()
    """Sentences on what the configuration asks for and cannot have."""
    device: str = ""
    """Where that is, for people; empty: as the provider says."""


@dataclass(frozen=True, slots=True)
class Hotword:
    """A phrase to prefer."""

    phrase: str
    weight: float | None = None
    """As FunASR counts, 20 is usual; None: the usual one."""


@dataclass(frozen=True, slots=True)
class Options:
    """What one utterance asks for."""

    partials: bool = True
    hotwords: tuple[Hotword, ...] = ()
    """Beside those of the configuration."""
    language: str = ""
    """Of the model's languages; empty: the configuration's."""
    itn: bool | None = None
    """Numbers as people write them; None: as the configuration says."""
    punctuate: bool | None = None
    """Punctuation by a model of its own; None: as the configuration says."""
    again: bool = False
    """The text is said again while it stays the same, so that it is known for how much sound it has stood."""


class Session(Protocol):
    """One utterance, in the child process. Of one thread, as all sessions of a decoder."""

    def accept(self, pcm: Pcm) -> str | None:
        """Take more audio of any length; return the text so far if it changed, else None."""
        ...

    def finish(self) -> Transcript:
        """End the utterance; word times are seconds from its first sample, monotone, within its audio."""
        ...


class Decoder(Protocol):
    """A loaded model, in the child process."""

    @property
    def capabilities(self) -> Capabilities: ...

    def open(self, options: Options) -> Session:
        """Begin an utterance. Any number may be open; one that is no longer wanted is dropped."""
        ...


@dataclass(frozen=True, slots=True)
class Partial:
    """The text so far."""

    utterance: int
    text: str
    heard_s: float = 0.0
    """Seconds of the utterance's audio that it is the text of."""


@dataclass(frozen=True, slots=True)
class Final:
    """The text; comes exactly once for an utterance that was finished and not lost."""

    utterance: int
    transcript: Transcript
    cpu_s: float
    """Processor seconds the child spent on it."""
    audio_s: float
    ran: Capabilities | None = None
    """Who answered, where that is not whoever is asked now."""


@dataclass(frozen=True, slots=True)
class Lost:
    """No text will come."""

    utterance: int
    reason: str
    code: Literal["busy", "died", "decode", "remote"] = "died"
    """`busy`: too much waits already, and later may do. `died`: the process did, or cannot be had.
    `decode`: the model failed at this audio. `remote`: another machine did not answer.
    """


@dataclass(frozen=True, slots=True)
class Restarted:
    """The process ended and was started again; what had no answer was sent again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Switched:
    """From now on another recognizer is asked."""

    from_: str
    to: str
    reason: str
    worse: bool
    """True: one that is less wanted."""


Reply = Partial | Final | Lost | Restarted | Switched
OnReply = Callable[[Reply], None]
"""Called from the recognizer's own thread; must return soon and never raise."""


class Recognizer(Protocol):
    """What the daemon holds. Calls return at once and never wait for decoding.

    Several utterances may be open. Calls for one that is unknown or over are ignored. Those for the same
    utterance come one after the other; those for different ones may come from different threads.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def start(self, utterance: int, options: Options) -> None:
        """Open an utterance; numbers grow."""
        ...

    def accept(self, utterance: int, pcm: Pcm) -> None:
        """More audio of an open utterance."""
        ...

    def finish(self, utterance: int) -> None:
        """No more audio: `Final` or `Lost` follows."""
        ...

    def cancel(self, utterance: int) -> None:
        """Forget an utterance, finished or not: nothing more is said of it once this returned."""
        ...

    def drain(self, timeout_s: float) -> bool:
        """Wait until every finished utterance was answered; False if time ran out."""
        ...

    def close(self) -> None:
        """End the process or the model; closing twice is allowed."""
        ...

"""What a recognizer must do. Its contract suites are in `tests/contracts`.

Two contracts, one on each side of the process boundary: a `Decoder` turns one utterance at a time into
text, in the child; a `Recognizer` is what the daemon holds, and answers by calling back from a thread
of its own. A decoder may end its process on bad input, so the daemon never holds one.
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


class Decoder(Protocol):
    """One utterance at a time, in the child process."""

    @property
    def capabilities(self) -> Capabilities: ...

    def start(self, options: Options) -> None:
        """Begin an utterance; an unfinished one is forgotten."""
        ...

    def accept(self, pcm: Pcm) -> str | None:
        """Take more audio of any length; return the text so far if it changed, else None."""
        ...

    def finish(self) -> Transcript:
        """End the utterance; word times are seconds from its first sample, monotone, within its audio."""
        ...


@dataclass(frozen=True, slots=True)
class Partial:
    """The text so far."""

    utterance: int
    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """The text; comes exactly once for an utterance that was finished and not lost."""

    utterance: int
    transcript: Transcript
    cpu_s: float
    """Processor seconds the child spent on it."""
    audio_s: float


@dataclass(frozen=True, slots=True)
class Lost:
    """No text will come."""

    utterance: int
    reason: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The process ended and was started again; an open utterance was sent again."""

    reason: str


Reply = Partial | Final | Lost | Restarted
OnReply = Callable[[Reply], None]
"""Called from the recognizer's own thread; must return soon and never raise."""


class Recognizer(Protocol):
    """What the daemon holds. Calls return at once and never wait for decoding."""

    @property
    def capabilities(self) -> Capabilities: ...

    def start(self, utterance: int, options: Options) -> None:
        """Open an utterance; numbers grow. One is open at a time, earlier ones may still be decoding."""
        ...

    def accept(self, pcm: Pcm) -> None:
        """More audio of the open utterance."""
        ...

    def finish(self) -> None:
        """No more audio: `Final` or `Lost` follows."""
        ...

    def cancel(self) -> None:
        """Forget the open utterance: nothing more is said of it."""
        ...

    def drain(self, timeout_s: float) -> bool:
        """Wait until every finished utterance was answered; False if time ran out."""
        ...

    def close(self) -> None:
        """End the process or the model; closing twice is allowed."""
        ...

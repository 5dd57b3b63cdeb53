"""What a clip says besides its sound: `clip.json`, enough to reach the same decisions again."""

from dataclasses import dataclass
from typing import Literal

from edged.config.schema import ClipKind
from edged.errors import AudioInputError
from edged.messages import SuppressedReason
from edged.stages.heads.activation import Memory
from edged.stages.heads.rule import Rule

Verdict = Literal["right", "wrong"]
"""What the user says of it: it was right to wake, or to stay silent; or it was not."""

Begins = Literal["stream", "middle", "history"]
"""What the scores need besides the sound: nothing, where it begins with the stream; of the `middle` of a
stream 42 hops, after which nothing older counts; or ten hops and the `history` of embeddings that is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFacts:
    """Where the sound lies on its stream."""

    start: int
    """Index of its first sample on the stream."""
    samples: int
    channels: tuple[Literal["raw", "cleaned"], ...]
    """As it came from the microphone; and, where noise is suppressed for the wake words, as they heard it."""
    begins: Begins
    history: str = ""
    """Base64 of the 34 embeddings, float32, little-endian, after the first ten hops; see `Begins`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Hop by hop, oldest first: each list is as long as all others."""

    ends: tuple[int, ...]
    """Sample index after each hop."""
    scores: dict[str, tuple[float, ...]]
    """By column of the heads: every word, and every other output of its head."""
    speech: dict[str, tuple[float | None, ...]]
    """By word: what the speech gate was told; None where it was not asked."""
    listening: dict[str, tuple[bool, ...]]
    """By word: whether a command was open when it was decided, and not one that it may take the place of."""
    stages_ms: dict[str, tuple[float, ...]]
    """Wall milliseconds of each stage."""
    backends: dict[str, tuple[str, ...]]
    """By stage: the provider that answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFacts:
    """One word: which score it hears, its rules, and what it remembered before the first hop of the curve."""

    column: str
    rule: Rule
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision within the curve."""

    hop: int | None
    """Index of the hop in the curve; None: at the end of the stream."""
    word: str
    reason: SuppressedReason | None
    """Why it was held back; None: it was heard."""
    score: float
    end_sample: int | None = None
    """Of one heard: where the word ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """What ran: whatever of this differs may be why scores do."""

    edged: str
    python: str
    onnxruntime: str
    numpy: str
    machine: str
    models: dict[str, str]
    """`head:hey_jarvis` and the like to the sha256 of its file."""
    settings: dict[str, str]
    """Those outside the rules of words that scores and decisions depend on."""
    config: str
    """sha256 of the whole configuration in force, secrets masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What answered at the decision."""

    provider: str
    device: str
    precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One clip."""

    v: Literal[1] = 1
    id: str
    kind: ClipKind
    word: str
    reason: str | None
    """Of one rejected, the rule; of one lost, the sentence."""
    score: float
    """Of a wake or a stop, at the hop that decided; of others the highest."""
    stream: str
    utterance: int | None
    wall: str
    """UTC, ISO 8601, of the decision."""
    sample: int
    """End of the hop that decided; of a near miss, of the highest score."""
    end_sample: int | None
    """Of a wake or a stop: where the word ended."""
    latency_ms: float | None
    """Of a wake or a stop: from the moment its hop was complete to the decision."""
    sound: SoundFacts | None
    no_sound: str
    """Why there is none; empty where there is."""
    curve: Curve | None
    """None: of a lost command."""
    ended: bool
    """Whether the stream ended, or lost sound, just behind the curve."""
    words: dict[str, WordFacts]
    decisions: tuple[Decided, ...]
    backends: dict[str, Backend]
    stages_ms: dict[str, float]
    """Median wall milliseconds per hop of each stage, newest hops."""
    wake: str | None
    """Of a lost command: the clip of its wake word; of a follow-up, of the one that its row began with."""
    made_by: MadeBy
    verdict: Verdict | None = None


def to_json(document: Document) -> bytes:
    """Return the file's contents."""
    from pydantic import TypeAdapter

    return TypeAdapter(Document).dump_json(document, indent=1) + b"\n"


def from_json(data: bytes, where: str) -> Document:
    """Return what a file says.

    Raises:
        AudioInputError: it is damaged, or of a version that this one cannot read; `where` is named.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Document).validate_json(data, strict=True)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise AudioInputError(f"{where}: is no clip of this version: {place}: {first['msg']}") from exc

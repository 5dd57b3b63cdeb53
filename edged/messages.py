"""The nouns that travel between stages, and the events that leave the box.

An event is an envelope (`Event`) around one body. `to_json` is the only place that knows the wire
form: one JSON object per line, `{"v": 1, "event": NAME, "stream": …, …body}`. `json_schema` draws
that form from the classes below, so the two cannot drift apart.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from edged.geometry import SAMPLE_RATE

VERSION = 1
"""Version of the wire form; grows when a reader of today would misread it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One hop of sound, or fewer samples at the end of a recording."""

    start: int
    """Index of the first sample since the stream opened, lost ones counted: the clock, and the way a
    loss is seen."""
    pcm: NDArray[np.int16]
    """Shape (n,), n <= HOP, mono, 16 kHz."""
    away: int = 0
    """Samples lost before this frame since the stream opened, because the microphone was away."""
    overrun: int = 0
    """Samples lost before this frame since the stream opened, because its source could not keep up."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognized word."""

    text: str
    start: float
    """Seconds from the start of the utterance's audio."""
    end: float
    """Seconds from the start of the utterance's audio."""
    confidence: float | None = None
    """0..1, or None where the model has none."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recognizer understood of one utterance."""

    text: str
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    """0..1, how sure the model was of all of it; None where the model has none."""
    notes: tuple[str, ...] = ()
    """Sentences on what was asked for and not done, or done to the text."""


@dataclass(frozen=True, slots=True)
class Ran:
    """Which backend answered, not which was asked for."""

    features: str
    heads: str


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """A model that this run loaded."""

    name: str
    kind: str
    licence: str
    note: str | None = None
    """A sentence the user must know, e.g. that a recognizer is the self-test one."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Cost of one utterance; keys as FunASR-style clients expect them."""

    audio_duration: float
    """Seconds of audio recognized."""
    processing_time: float
    """Seconds of processor time spent on it in the recognizer."""
    rtf: float
    """processing_time / audio_duration."""
    backend: str
    """Which provider answered, not which was asked for."""
    device: str
    model: str | None = None
    """Which recognizer answered, by its name in the catalog."""
    gpu_memory_gb: float | None = None
    """Gigabytes of 10^9 bytes that edged held on the GPU, for features; None unless a stage ran there."""
    latency_ms: float | None = None
    """From the endpoint decision to this final, wall clock."""
    stages_ms: dict[str, float] = dataclasses.field(default_factory=dict[str, float])
    """Median wall milliseconds per hop of each stage since the last final."""
    energy_j: float | None = None
    energy_source: str | None = None


SuppressedReason = Literal["patience", "refractory", "hysteresis", "vad", "listening", "idle"]
EndpointReason = Literal[
    "silence",
    "no_speech",
    "max_length",
    "gap",
    "end_of_stream",
    "shutdown",
    "recognizer_behind",
    "device_lost",
    "stable",
    "stop_word",
    "restarted_by_wake",
    "muted",
    "told",
]
ListeningCause = Literal["wake", "follow_up", "trigger"]
CancelledReason = Literal["stop_word", "restarted_by_wake", "no_speech"]
GapWhere = Literal["device", "source", "capture"]
Asker = Literal["socket", "mqtt", "hermes", "dashboard"]
"""By which way a command came."""


AssistantSaid = Literal[
    "connected",
    "disconnected",
    "stt-start",
    "transcript",
    "synthesize",
    "tts-start",
    "tts-stop",
    "error",
    "timer-started",
    "timer-updated",
    "timer-cancelled",
    "timer-finished",
]


@dataclass(frozen=True, slots=True)
class Ready:
    """The first frame was scored: it hears."""

    NAME: ClassVar[str] = "ready"
    version: str
    words: tuple[str, ...]
    backend: Ran
    recognizer: str | None
    models: tuple[ModelInUse, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """One hop's scores; sent only to sinks that ask for them."""

    NAME: ClassVar[str] = "scores"
    scores: dict[str, float]
    warming: bool
    """True until every head's own window holds real sound."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A wake word was heard."""

    NAME: ClassVar[str] = "activation"
    word: str
    score: float
    """0..1, at the hop that decided."""
    scores: tuple[float, ...]
    """The word's curve: its last scores, newest last."""
    threshold: float
    end_sample: int
    """Where the wake word ended: the command's audio starts here."""
    backend: Ran
    latency_ms: float
    """From the moment the hop was complete to this decision."""
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A score passed its threshold and nothing followed, once per reason and rise."""

    NAME: ClassVar[str] = "suppressed"
    word: str
    score: float
    reason: SuppressedReason
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """A command is being recorded."""

    NAME: ClassVar[str] = "listening"
    start_sample: int
    cause: ListeningCause = "wake"
    """`follow_up`: without a wake word, because a command was just answered; `trigger`: it was asked to."""


@dataclass(frozen=True, slots=True)
class Partial:
    """The words so far; a later partial replaces it."""

    NAME: ClassVar[str] = "partial"
    text: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The command ended, and why. A recognizer gives each one `final`, `lost` or `cancelled`."""

    NAME: ClassVar[str] = "endpoint"
    reason: EndpointReason


@dataclass(frozen=True, slots=True)
class Final:
    """The command's text; never replaced."""

    NAME: ClassVar[str] = "final"
    text: str
    words: tuple[Word, ...]
    metrics: Metrics
    confidence: float | None = None
    """0..1, how sure the model was of all of it; None where the model has none."""
    notes: tuple[str, ...] = ()
    """Sentences on what was asked for and not done, e.g. hotwords of a model that knows none."""


@dataclass(frozen=True, slots=True)
class Lost:
    """No text will come for this utterance."""

    NAME: ClassVar[str] = "lost"
    reason: str
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The utterance is void, without a text: not understood and not lost. Comes after its endpoint."""

    NAME: ClassVar[str] = "cancelled"
    reason: CancelledReason
    """`no_speech`: nobody spoke in a follow-up."""
    text: str | None = None
    """The stop word, as it was understood or as its head is called; None where none was said."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """A part of edged ended and was started again; an open utterance was sent again."""

    NAME: ClassVar[str] = "restarted"
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fallback:
    """A stage moved to a later link of its chain."""

    NAME: ClassVar[str] = "fallback"
    stage: str
    from_: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """A stage moved back to an earlier link of its chain."""

    NAME: ClassVar[str] = "recovered"
    stage: str
    from_: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples were lost just before this point."""

    NAME: ClassVar[str] = "gap"
    samples: int
    where: GapWhere
    """`device`: the microphone was away; `source`: it lost them; `capture`: the path was late."""


@dataclass(frozen=True, slots=True)
class Device:
    """The microphone went away or came back."""

    NAME: ClassVar[str] = "device"
    state: Literal["lost", "back"]
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Muted:
    """Somebody wants nothing to be heard: sound is thrown away unheard from here on."""

    NAME: ClassVar[str] = "muted"
    by: Asker


@dataclass(frozen=True, slots=True)
class Unmuted:
    """It hears again; the first hop after this one is scored."""

    NAME: ClassVar[str] = "unmuted"
    by: Asker


@dataclass(frozen=True, slots=True)
class Triggered:
    """Somebody asked to be listened to without a wake word; `listening` follows."""

    NAME: ClassVar[str] = "triggered"
    by: Asker


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that was set by voice."""

    id: str
    name: str | None = None
    seconds: int | None = None
    """What is left of it; None where that was not said."""
    running: bool = True
    """False: it stands still, or is over."""


@dataclass(frozen=True, slots=True)
class Assistant:
    """Home Assistant, whose satellite this is, came, left or said something; docs/home-assistant.md."""

    NAME: ClassVar[str] = "assistant"
    what: AssistantSaid
    """By the names of wyoming-satellite's commands."""
    text: str | None = None
    """Of `transcript`: the command; of `synthesize`: what to say to it; of `error`: why there is none."""
    timer: Timer | None = None
    """Of `timer-started` and its like."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Counters since the stream opened; the last one of a run is its summary."""

    NAME: ClassVar[str] = "stats"
    hops: int
    gaps: int
    """Samples lost."""
    gaps_where: dict[GapWhere, int]
    """Samples lost by cause, as `gap` tells it; they add up to `gaps`."""
    xruns: int
    """Times that the source lost samples while it ran."""
    clipped: int
    """Samples at the ends of the scale."""
    silent: int
    """Samples in frames that held nothing but zeros: muted, gated or broken."""
    activations: int
    late_hops: int
    """Hops whose path took longer than a hop lasts."""
    level_dbfs: float | None
    """RMS of the last second; None before there was one."""
    stages_ms: dict[str, float]
    """Median wall milliseconds per hop of each stage, newest hops."""
    cpu_s: float
    """Processor seconds of the daemon itself."""
    backend: Ran
    energy_j_per_hour: float | None = None
    """Joules per hour of listening; None where the machine does not tell."""
    energy_source: str | None = None
    """`sensor`: of the whole board; `model`: an estimate of the stages' cores."""
    muted: int = 0
    """Samples that came while it was muted: neither scored nor lost."""


Body = (
    Ready | Scores | Activation | Suppressed | Listening | Partial | Endpoint | Final
    | Lost | Cancelled | Restarted | Fallback | Recovered | Gap | Device | Muted | Unmuted | Triggered
    | Assistant | Stats
)  # fmt: skip
BODIES: tuple[type[Body], ...] = get_args(Body)


@dataclass(frozen=True, slots=True)
class Event:
    """A body with its place in time."""

    stream: str
    """`mic`, `wav`, `wyoming:3`: who spoke."""
    utterance: int | None
    """Counts from 1 per stream; None outside an utterance."""
    sample: int
    """End of the hop that caused it."""
    wall: str
    """UTC, ISO 8601 with milliseconds."""
    body: Body

    @property
    def name(self) -> str:
        """Name of the body on the wire."""
        return self.body.NAME


def to_json(event: Event) -> dict[str, Any]:
    """Return the wire form of an event: plain dicts, lists, numbers and strings."""
    body = {key.rstrip("_"): value for key, value in dataclasses.asdict(event.body).items()}
    return {
        "v": VERSION,
        "event": event.name,
        "stream": event.stream,
        "utterance": event.utterance,
        "sample": event.sample,
        "t": round(event.sample / SAMPLE_RATE, 4),
        "wall": event.wall,
        **body,
    }


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one line of the event stream."""
    from pydantic import TypeAdapter  # only readers of the schema pay for it

    envelope: dict[str, Any] = {
        "v": {"const": VERSION},
        "stream": {"type": "string"},
        "utterance": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "sample": {"type": "integer", "minimum": 0},
        "t": {"type": "number", "description": "sample / 16000, seconds"},
        "wall": {"type": "string", "format": "date-time"},
    }
    definitions: dict[str, Any] = {}
    choices: list[dict[str, Any]] = []
    for body in BODIES:
        schema: dict[str, Any] = TypeAdapter(body).json_schema(
            ref_template="#/$defs/{model}", mode="serialization"
        )
        definitions |= schema.pop("$defs", {})
        fields = {key.rstrip("_"): value for key, value in schema.get("properties", {}).items()}
        choices.append(
            {
                "title": body.NAME,
                "description": (body.__doc__ or "").strip(),
                "type": "object",
                "properties": {"event": {"const": body.NAME}, **envelope, **fields},
                "required": ["event", *envelope, *fields],
                "additionalProperties": False,
            }
        )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "edged event",
        "oneOf": choices,
        "$defs": definitions,
    }

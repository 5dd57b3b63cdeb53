"""Messages between the daemon and the recognizer's process, as bytes.

    4 bytes, big-endian: length of the rest | one JSON object | audio only: newline, int16 little-endian

Pure: no socket here. Bytes that are no message are a `WireError`, whatever they are: the other side is
broken and must be ended.
"""

import dataclasses
import json
import types
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn, cast, get_args, get_origin

from edged.messages import Transcript, Word
from edged.stages.recognize.framing import LENGTH, MAX_MESSAGE, Frames, WireError, framed
from edged.stages.recognize.recognizer import Capabilities, Hotword, Options

__all__ = ["LENGTH", "MAX_MESSAGE", "WireError"]


@dataclass(frozen=True, slots=True)
class Load:
    """Parent to child, first: what to load and how to run."""

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
    """Parent to child: an utterance begins; others may be open."""

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
    """Parent to child: more of an open utterance."""

    KIND: ClassVar[str] = "audio"
    utterance: int
    pcm: bytes
    """int16 little-endian, mono, 16 kHz."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Parent to child: no more audio, the text please."""

    KIND: ClassVar[str] = "finish"
    utterance: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Parent to child: forget an open utterance."""

    KIND: ClassVar[str] = "cancel"
    utterance: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Child to parent: loaded, and a first decode went well."""

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
    """Child to parent: the text so far."""

    KIND: ClassVar[str] = "partial"
    utterance: int
    text: str
    heard_s: float = 0.0
    """Seconds of audio that it is the text of."""


@dataclass(frozen=True, slots=True)
class Final:
    """Child to parent: the text; times are seconds from the utterance's first sample."""

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
    """Child to parent: a sentence for a person; `utterance` 0 where nothing was loaded."""

    KIND: ClassVar[str] = "error"
    code: str
    """`model`, `provider` (both end the child) or `decode` (one utterance has no text)."""
    text: str
    utterance: int = 0


@dataclass(frozen=True, slots=True)
class Beat:
    """Child to parent: alive; sent while an utterance is open and nothing else was said for a while."""

    KIND: ClassVar[str] = "beat"
    busy_s: float
    """Seconds since work on the present message began; 0 while waiting for one."""


Message = Load | Start | Audio | Finish | Cancel | Ready | Partial | Final | Error | Beat
KINDS: dict[str, type[Message]] = {cls.KIND: cls for cls in get_args(Message)}
TYPES: dict[str, dict[str, Any]] = {
    kind: {field.name: field.type for field in dataclasses.fields(cls)} for kind, cls in KINDS.items()
}
"""Types of the fields by kind, looked up once: a partial wakes the daemon and should cost it little."""
AUDIO_START = b'{"type":"audio","utterance":'
AUDIO_END = b"}\n"
DIGITS = 19
"""Most digits of an utterance's number: 63 bits, as a message of audio is read without a JSON parser."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
DECODER = json.JSONDecoder(parse_constant=_refuse)


def encode(message: Message) -> bytes:
    """Return a message as bytes.

    Raises:
        WireError: it is larger than `MAX_MESSAGE`.
    """
    if isinstance(message, Audio):
        body = b"%b%d%b%b" % (AUDIO_START, message.utterance, AUDIO_END, message.pcm)
    else:
        fields = {name: getattr(message, name) for name in TYPES[message.KIND]}
        text = ENCODER.encode({"type": message.KIND, **fields})
        body = text.encode(errors="backslashreplace")  # half a letter, as JSON of clients may hold it
    return framed(message.KIND, body)


def decode(body: bytes) -> Message:
    """Return the message that the bytes after the length are.

    Raises:
        WireError: they are none.
    """
    if body.startswith(AUDIO_START):
        return _audio(body)
    try:
        header: Any = DECODER.decode(body.decode())
    except (ValueError, RecursionError) as exc:
        raise WireError(f"message of {len(body)} bytes is not JSON ({exc})") from exc
    if not isinstance(header, dict):
        raise WireError("message is not a JSON object")
    values = cast("dict[str, Any]", header)
    kind = values.pop("type", None)
    cls = KINDS.get(kind) if isinstance(kind, str) else None
    if cls is None or cls is Audio:
        raise WireError(f"message of unknown type {kind!r}")
    return _build(cls, values)


def _audio(body: bytes) -> Audio:
    """Return a message of audio, whose header is read by hand: there are many."""
    begin = len(AUDIO_START)
    end = body.find(AUDIO_END, begin, begin + DIGITS + len(AUDIO_END))
    number = body[begin : max(begin, end)]
    if not number.isdigit():
        raise WireError(f"message 'audio' of no utterance: {body[:60]!r}")
    pcm = body[end + len(AUDIO_END) :]
    if len(pcm) % 2:
        raise WireError(f"message 'audio' with {len(pcm)} bytes of int16: an odd number")
    return Audio(int(number), pcm)


class Reader(Frames[Message]):
    """Cuts a stream of bytes into messages, however it was split on its way."""

    def __init__(self) -> None:
        super().__init__(decode)


def _build(cls: type[Message], values: dict[str, Any]) -> Message:
    """Make a message of decoded JSON; its class says which fields of which types there must be."""
    fields = TYPES[cls.KIND]
    if unknown := values.keys() - fields:
        raise WireError(f"message {cls.KIND!r} has an unknown field {sorted(unknown)[0]!r}")
    for name, value in values.items():
        wanted: Any = fields[name]
        if get_origin(wanted) is tuple and isinstance(value, list):
            values[name] = value = tuple(cast("list[Any]", value))
        if not _fits(value, wanted):
            raise WireError(f"message {cls.KIND!r}: {name} is {value!r:.60}")
    try:
        return cls(**values)
    except TypeError as exc:
        raise WireError(f"message {cls.KIND!r} is incomplete ({exc})") from exc


def _fits(value: Any, wanted: Any) -> bool:
    """True if a decoded JSON value has the type of a field."""
    if get_origin(wanted) is types.UnionType:
        return any(_fits(value, inner) for inner in get_args(wanted))
    if wanted is types.NoneType:
        return value is None
    if get_origin(wanted) is tuple:
        (inner, _) = get_args(wanted)
        return isinstance(value, tuple) and all(_fits(item, inner) for item in cast("tuple[Any, ...]", value))
    if get_origin(wanted) is dict:
        return isinstance(value, dict) and all(
            type(item) is str for item in cast("dict[str, Any]", value).values()
        )
    if wanted is float:
        return type(value) in (int, float)
    return type(value) is wanted

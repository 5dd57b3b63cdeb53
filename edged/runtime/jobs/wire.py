"""Messages between the pool and a process that recognizes recordings, framed as the recognizer's are.

Pure: no socket here. Bytes that are no message are a `WireError`.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from edged.runtime.jobs.job import Kind
from edged.runtime.transcribe.passage import Passage
from edged.stages.audio.recording import Raw
from edged.stages.recognize.framing import WireError, framed
from edged.stages.recognize.recognizer import Options


@dataclass(frozen=True, slots=True)
class Setup:
    """Pool to process, first: what all its jobs have in common."""

    config: str
    """JSON of the tables that recognizing needs."""
    type: Literal["setup"] = "setup"


@dataclass(frozen=True, slots=True)
class Order:
    """Pool to process: recognize this; the one before was answered."""

    number: int
    path: str
    name: str
    raw: Raw | None
    options: Options
    longest_s: float
    type: Literal["order"] = "order"


@dataclass(frozen=True, slots=True)
class Cancel:
    """Pool to process: let go of this one, and say `free`."""

    number: int
    type: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Alive:
    """Process to pool: work goes on; said every second or so by the thread that works."""

    number: int
    audio_s: float
    """Seconds of sound read so far."""
    expected_s: float
    """Seconds of sound that the recording claims; 0: unknown."""
    type: Literal["alive"] = "alive"


@dataclass(frozen=True, slots=True)
class Heard:
    """Process to pool: one more passage."""

    number: int
    passage: Passage
    type: Literal["heard"] = "heard"


@dataclass(frozen=True, slots=True)
class Done:
    """Process to pool: the end of a recording, whose passages were all sent."""

    number: int
    samples: int
    model: str
    metrics: str
    """JSON object, as a document has it."""
    notes: tuple[str, ...] = ()
    """As a document has them."""
    type: Literal["done"] = "done"


@dataclass(frozen=True, slots=True)
class Failed:
    """Process to pool: no document."""

    number: int
    kind: Kind
    sentence: str
    type: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Free:
    """Process to pool: what was cancelled is forgotten."""

    number: int
    type: Literal["free"] = "free"


M = TypeVar("M")
ToProcess = Setup | Order | Cancel
ToPool = Alive | Heard | Done | Failed | Free

_TO_PROCESS: TypeAdapter[ToProcess] = TypeAdapter(Annotated[ToProcess, Field(discriminator="type")])
_TO_POOL: TypeAdapter[ToPool] = TypeAdapter(Annotated[ToPool, Field(discriminator="type")])
_ANY: TypeAdapter[ToProcess | ToPool] = TypeAdapter(ToProcess | ToPool)


def encode(message: ToProcess | ToPool) -> bytes:
    """Return a message as bytes.

    Raises:
        WireError: it is too large.
    """
    return framed(message.type, _ANY.dump_json(message))


def for_process(body: bytes) -> ToProcess:
    """Return the message to the process that some bytes are.

    Raises:
        WireError: they are none.
    """
    return _read(_TO_PROCESS, body)


def for_pool(body: bytes) -> ToPool:
    """Return the message to the pool that some bytes are.

    Raises:
        WireError: they are none.
    """
    return _read(_TO_POOL, body)


def _read(adapter: TypeAdapter[M], body: bytes) -> M:
    try:
        return adapter.validate_json(body, strict=True)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise WireError(f"message of {len(body)} bytes is none: {where} {first['msg']}".strip()) from exc

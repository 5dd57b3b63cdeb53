"""What a front end asks of the pool, and what it is told.

    ticket = pool.submit(Job(path, client="10.0.0.7", options=Options(partials=False)), on_update)
    pool.cancel(ticket)                                  # at any time, from any thread

`on_update` is called from the pool's own thread with any number of `Heard`, in order and each passage once,
then with exactly one of `Done` and `Failed`; after `cancel` returned it is not called any more.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from edged.errors import EdgedError
from edged.runtime.transcribe.document import Document
from edged.runtime.transcribe.passage import Passage
from edged.stages.audio.recording import Raw
from edged.stages.recognize.recognizer import Options

LONGEST_S = 12 * 3600.0
"""Seconds of sound in one job: what a person records in a day, and an end for files without one."""

Kind = Literal["audio", "unsupported", "model", "internal", "stopped"]
"""Why a job failed: the recording is at fault; nothing here decodes its form; the model cannot serve, here or
for these options; edged is at fault; edged stops."""


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to recognize."""

    path: Path
    """The file, made by `Spool.create`; it is the pool's from `submit` on, and deleted when the job ends."""
    client: str = ""
    """Whose it is: clients take turns."""
    raw: Raw | None = None
    """How samples without a header are kept; None: a recording of a form that `edged transcribe` reads."""
    options: Options = field(default_factory=lambda: Options(partials=False))
    name: str = ""
    """What its document and sentences call it; empty: the name of the file."""
    longest_s: float = LONGEST_S
    """Seconds of sound after which it is refused."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One more passage, with its times from the start of the recording."""

    passage: Passage


@dataclass(frozen=True, slots=True)
class Done:
    """All of it was recognized; what no text came for stands in `document.metrics["lost"]`."""

    document: Document


@dataclass(frozen=True, slots=True)
class Failed:
    """No document will come."""

    kind: Kind
    sentence: str
    """For a person; names the recording as the job does, never a path."""


Update = Heard | Done | Failed
OnUpdate = Callable[[Update], None]
"""Must return soon and never raise."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Stands for one job of one pool."""

    number: int


class Busy(EdgedError):
    """The queue is full: the client should come back later. The file stays the caller's."""

    def __init__(self, retry_after_s: float) -> None:
        """`retry_after_s`: whole seconds until there may be room, from what jobs took so far."""
        super().__init__(f"busy: too many recordings wait; try again in {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class Stopped(EdgedError):
    """The pool is closed. The file stays the caller's."""

    def __init__(self) -> None:
        super().__init__("edged stops")


@dataclass(frozen=True, slots=True)
class Counters:
    """What the pool did since it was made, for metrics."""

    queued: int
    """Jobs that wait now."""
    running: int
    """Jobs under way now."""
    processes: int
    """Processes that live now."""
    done: int
    failed: int
    cancelled: int
    refused: int
    """Jobs for which there was no room."""
    restarts: int
    """Processes that died with a job and were replaced."""
    recycled: int
    """Processes ended because they had grown."""
    audio_s: float
    """Seconds of sound recognized."""
    busy_s: float
    """Seconds that processes worked on them: with `audio_s` the real-time factor, waiting excluded."""

"""One process of the pool: what it works on, since when, and what it said. Used by the pool's thread."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from edged.runtime.jobs import wire
from edged.runtime.jobs.job import Job, OnUpdate, Ticket
from edged.runtime.jobs.limits import Run
from edged.runtime.transcribe.document import Document
from edged.runtime.transcribe.listing import printable
from edged.runtime.transcribe.passage import Passage
from edged.stages.recognize.channel import Child
from edged.stages.recognize.framing import Frames
from edged.telemetry.memory import processes

MODULE = "edged.runtime.jobs.child"

WHAT = "process for recordings"
"""What it is called in sentences."""


@dataclass(eq=False)
class Entry:
    """One job from `submit` to its last word."""

    ticket: Ticket
    job: Job
    on_update: OnUpdate
    tries: int = 0
    """Processes that took it."""
    passages: list[Passage] = field(default_factory=list[Passage])
    cancelled: bool = False

    @property
    def number(self) -> int:
        return self.ticket.number

    def hear(self, passage: Passage) -> bool:
        """Keep a passage; False: a process that died with this job had told it before."""
        if self.passages and passage.start < self.passages[-1].stop:
            return False
        self.passages.append(passage)
        return True

    def order(self) -> bytes:
        """Return what a process is told.

        Raises:
            WireError: its options are too large.
        """
        job = self.job
        message = wire.Order(
            self.number, os.fspath(job.path), printable(job.name), job.raw, job.options, job.longest_s
        )
        return wire.encode(message)

    def document(self, done: wire.Done) -> Document:
        """Return what became of it."""
        name = printable(self.job.name)
        metrics = {**json.loads(done.metrics), "tries": self.tries}
        return Document(name, name, done.samples, done.model, tuple(self.passages), metrics, done.notes)


class Hand:
    """A process from its start to its end."""

    def __init__(self, setup: bytes, lowered: Sequence[str] = ()) -> None:
        """Start it.

        Args:
            setup: the message that tells it what all its jobs have in common.
            lowered: command that starts another one below the usual priority.

        Raises:
            OSError: no process can be started.
        """
        self.channel: Child[wire.ToPool] = Child(MODULE, Frames(wire.for_pool), WHAT, lowered)
        self.channel.send([setup])
        self.entry: Entry | None = None
        """What it works on."""
        self.rested = time.monotonic()
        """Since when it has had nothing to do."""
        self.asked: float | None = None
        """When it was asked to let go of its job."""
        self._began = self._heard = self.rested
        self._audio_s = self._expected_s = 0.0
        self._answered = False

    def give(self, entry: Entry, order: bytes) -> bool:
        """Give it a job; False: it is gone, or does not listen."""
        self.entry, self.asked = entry, None
        entry.tries += 1
        self._began = self._heard = time.monotonic()
        self._audio_s = self._expected_s = 0.0
        self._answered = False
        return self.channel.send([order]) == len(order)

    def cancel(self) -> None:
        """Ask it to let go of its job."""
        if self.entry is not None and self.asked is None:
            self.asked = time.monotonic()
            self.channel.send([wire.encode(wire.Cancel(self.entry.number))])

    def alive(self, message: wire.ToPool) -> None:
        """Take note of a sign of life."""
        self._heard = time.monotonic()
        self._answered = True
        if isinstance(message, wire.Alive):
            self._audio_s, self._expected_s = message.audio_s, message.expected_s

    def rest(self) -> float:
        """Its job is over; return the seconds that it took."""
        self.entry = self.asked = None
        self.rested = time.monotonic()
        return self.rested - self._began

    @property
    def run(self) -> Run:
        """How far it is with its job."""
        now = time.monotonic()
        return Run(now - self._began, now - self._heard, self._audio_s, self._expected_s, self._answered)

    @property
    def resident_bytes(self) -> int:
        """Memory of it and of its recognizer."""
        return sum(process.resident_bytes for process in processes(self.channel.pid))

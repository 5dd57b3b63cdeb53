"""Recordings of network front ends, recognized a few at a time in processes below the microphone's priority.

Any thread submits and cancels; one thread, `jobs`, talks to the processes and tells the answers. It sleeps
until something comes or a limit passes. Sound lies in files: of a job the pool holds only its passages.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from edged.bell import Bell
from edged.config.schema import Config
from edged.runtime.jobs import limits, wire
from edged.runtime.jobs.hand import Entry, Hand
from edged.runtime.jobs.job import (
    Busy,
    Counters,
    Done,
    Failed,
    Heard,
    Job,
    OnUpdate,
    Stopped,
    Ticket,
    Update,
)
from edged.runtime.jobs.priority import lowered
from edged.runtime.jobs.staff import Staff
from edged.runtime.jobs.tally import Tally
from edged.runtime.jobs.turns import Turns
from edged.runtime.worker import Worker
from edged.stages.recognize.framing import WireError

log = logging.getLogger(__name__)

TABLES = {"audio", "denoise", "listen", "recognize", "models"}
"""Of the configuration, what recognizing needs; no secret is among them."""

CLOSE_S = 3.0
"""Seconds `close` may take."""


class Pool:
    """At most `[serve] workers` processes, each started when first needed."""

    def __init__(
        self,
        config: Config,
        cpus: Iterable[int] = (),
        start: Callable[[bytes, Sequence[str]], Hand] = Hand,
    ) -> None:
        """Prepare; no process runs before the first job.

        Args:
            config: models, options, `[serve] workers`, `queue` and `worker_memory_mb`.
            cpus: where the processes run; empty: wherever the scheduler puts them.
            start: starts a process, as `Hand` does.
        """
        self._setup = wire.encode(wire.Setup(config.model_dump_json(include=TABLES)))
        self._lowered = lowered(config.recognize.nice, cpus)
        self._start = start
        self._memory_mb = config.serve.worker_memory_mb
        self._lock = threading.RLock()  # also held while something is said: nothing is after `cancel`
        self._turns: Turns[Entry] = Turns(config.serve.queue)
        self._entries: dict[int, Entry] = {}  # all without a last word
        self._staff = Staff(config.serve.workers)
        self._tally = Tally()
        self._numbers = 0
        self._closing = False
        self._bell = Bell()
        # it may wait for ever where nothing is to do; what it raises is kept, and every job told
        self.worker = Worker("jobs", self._step, self._ended, math.inf, vital=False)
        self.worker.start()

    def submit(self, job: Job, on_update: OnUpdate) -> Ticket:
        """Take a job; the file is the pool's from now on.

        Args:
            job: what to recognize.
            on_update: told of everything, from the thread `jobs`.

        Raises:
            Busy: too many wait.
            Stopped: the pool is closed.
            WireError: name and options are larger than a message may be, 256 KiB.
        """
        with self._lock:
            if self._closing:
                raise Stopped
            entry = Entry(Ticket(self._numbers + 1), job, on_update)
            entry.order()
            if not self._turns.put(job.client, entry):
                self._tally.refused += 1
                raise Busy(limits.retry_after(self._staff.runs, self._tally.usual_s))
            self._numbers += 1
            self._entries[entry.number] = entry
        self._bell.ring()
        return entry.ticket

    def cancel(self, ticket: Ticket) -> None:
        """Forget a job: nothing is said of it any more, and all that it holds is free within a second."""
        with self._lock:
            entry = self._entries.pop(ticket.number, None)
            if entry is None:
                return
            entry.cancelled = True
            self._tally.cancelled += 1
            if self._turns.remove(entry.job.client, entry):
                entry.job.path.unlink(missing_ok=True)
        self._bell.ring()

    def counters(self) -> Counters:
        """Return what happened so far."""
        with self._lock:
            running, processes = len(self._staff.runs), len(self._staff)
            return self._tally.counters(len(self._turns), running, processes)

    def close(self) -> None:
        """End every process and the thread; jobs without a last word fail as `stopped`.

        Raises:
            StageStalled: the thread did not end in time; it is named.
        """
        with self._lock:
            self._closing = True
        self.worker.tell_to_stop()
        self._bell.ring()
        self.worker.join(CLOSE_S)
        self._bell.close()

    # --- in the thread ---

    def _step(self) -> bool:
        for hand in self._staff.listen(self._bell):
            self._converse(hand)
        self._look()
        self._deal()
        return True

    def _ended(self, worker: Worker) -> None:
        if worker.failure is not None:
            log.error("jobs: broken, no recording is taken any more", exc_info=worker.failure)
        with self._lock:
            self._closing = True
        self._staff.end()
        for entry in list(self._entries.values()):
            self._end(entry, Failed("stopped", "edged stops"))
        for entry in self._turns.clear():
            entry.job.path.unlink(missing_ok=True)

    def _converse(self, hand: Hand) -> None:
        try:
            messages = hand.channel.receive()
        except WireError as exc:
            self._bury(hand, f"spoke nonsense: {exc}")
            return
        if messages is None:
            self._bury(hand, None)
            return
        for message in messages:
            entry = hand.entry
            hand.alive(message)
            if entry is None or message.number != entry.number:
                continue  # the last words on a job that was cancelled meanwhile
            match message:
                case wire.Heard(_, passage):
                    if entry.hear(passage):
                        self._say(entry, Heard(passage))
                case wire.Done():
                    self._rest(hand, message.samples)
                    self._end(entry, Done(entry.document(message)))
                case wire.Failed(_, kind, sentence):
                    self._rest(hand)
                    self._end(entry, Failed(kind, sentence))
                case wire.Free():
                    self._rest(hand)
                    self._end(entry, None)
                case wire.Alive():
                    pass

    def _look(self) -> None:
        """End what is beyond its limits."""
        for hand in self._staff:
            if hand.entry is None:
                if time.monotonic() - hand.rested > limits.IDLE_S:
                    self._dismiss(hand)
                continue
            if hand.entry.cancelled:
                hand.cancel()
            if hand.asked is not None and time.monotonic() - hand.asked > limits.CANCEL_S:
                self._dismiss(hand)
            elif why := limits.overdue(hand.run):
                self._bury(hand, why)

    def _deal(self) -> None:
        """Give work to whoever has none; start who is missing."""
        while not self._closing:
            with self._lock:
                hand = self._staff.idle
                if hand is None and self._staff.full:
                    return
                entry = self._turns.take()
            if entry is None:
                return
            hand = hand or self._hire(entry)  # takes milliseconds, for which nobody waits who submits
            if hand is None:
                continue
            with self._lock:
                gave = not entry.cancelled and hand.give(entry, entry.order())
            if entry.cancelled and hand.entry is None:
                self._end(entry, None)
            elif not gave:
                self._bury(hand, None)

    def _hire(self, entry: Entry) -> Hand | None:
        try:
            hand = self._start(self._setup, self._lowered)
        except OSError as exc:
            self._end(entry, Failed("internal", f"no process can be started ({exc.strerror or exc})"))
            return None
        with self._lock:
            self._staff.add(hand)
        return hand

    def _rest(self, hand: Hand, samples: int = 0) -> None:
        """A process is done with its job; one that has grown too large is ended."""
        with self._lock:
            self._tally.worked(hand.rest(), samples)
        if limits.worn(hand.resident_bytes, self._memory_mb):
            self._tally.recycled += 1
            self._dismiss(hand)

    def _dismiss(self, hand: Hand) -> None:
        """End a process that is not needed; its job, if any, was cancelled."""
        entry = hand.entry
        self._remove(hand)
        hand.channel.end(hung=True)  # it owns nothing worth saving, and its answer to a request takes longer
        if entry is not None:
            self._end(entry, None)

    def _bury(self, hand: Hand, why: str | None) -> None:
        """A process ended or must: its job goes to another one, once."""
        entry = hand.entry
        self._remove(hand)
        story = hand.channel.end(hung=True) if why else hand.channel.end(limits.CANCEL_S)
        reason = f"process for recordings {why}" if why else story
        if entry is None:
            log.warning("jobs: %s", reason)
            return
        self._tally.restarts += 1
        if entry.cancelled:
            self._end(entry, None)
        elif entry.tries < limits.TRIES:
            log.warning("jobs: %s; its recording is tried once more", reason)
            with self._lock:
                self._turns.again(entry.job.client, entry)
        else:
            log.error("jobs: %s, for the second time with this recording", reason)
            self._end(entry, Failed("internal", f"{reason}, for the second time with this recording"))

    def _remove(self, hand: Hand) -> None:
        with self._lock:
            self._staff.remove(hand)

    def _end(self, entry: Entry, last: Update | None) -> None:
        """A job is over: its file goes, and whoever asked is told, unless nobody wants to know."""
        entry.job.path.unlink(missing_ok=True)
        with self._lock:
            if last is None or entry.cancelled:
                return
            self._entries.pop(entry.number, None)
            if isinstance(last, Done):
                self._tally.done += 1
            else:
                self._tally.failed += 1
            self._say(entry, last)

    def _say(self, entry: Entry, update: Update) -> None:
        with self._lock:
            if entry.cancelled:
                return
            try:
                entry.on_update(update)
            except Exception:  # a front end's fault must not end the work for all others
                log.exception("jobs: the listener failed at %r", type(update).__name__)

"""One sink on its thread: events wait for it in a mailbox, and it rests where it cannot write."""

import logging
import threading
from collections.abc import Callable, Hashable

from edged.errors import SinkError, SinkGone, StageStalled
from edged.messages import Body, Event, Partial, Scores, Stats
from edged.runtime.mailbox import Closed, Mailbox
from edged.runtime.worker import Worker, go_on_without
from edged.stages.sinks.sink import Driven, Sink

log = logging.getLogger(__name__)

DEPTH = 64
"""Events a slow sink may lag behind before the oldest is dropped and counted."""

SLOW_S = 10.0
"""Seconds one event may take to be written before its sink counts as hanging, which is told and no more."""

BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Pauses of a sink that cannot write, seconds; the last one repeats."""


def replaced_by_newer(event: Event) -> Hashable | None:
    """Partials, scores and counters that still wait are worthless once a newer one exists."""
    if isinstance(event.body, Partial):
        return (event.stream, event.utterance, event.name)
    if isinstance(event.body, Scores | Stats):
        return (event.stream, event.name)
    return None


class Outlet:
    """From the start of its thread to its end."""

    def __init__(self, sink: Sink, lossless: bool, on_end: Callable[[Worker], None]) -> None:
        self.sink = sink
        self.box: Mailbox[Event] = Mailbox(
            f"sink {sink.name}",
            DEPTH,
            full="wait" if lossless else "drop_oldest",
            replaces=None if lossless else replaced_by_newer,
        )
        self.worker = Worker(f"sink-{sink.name}", self._step, on_end, deadline_s=SLOW_S, vital=False)
        self.driver: Worker | None = None
        """The thread that waits for what the sink waits for, where it does."""
        if isinstance(sink, Driven):
            self.driver = Worker(sink.name, sink.step, go_on_without, deadline_s=sink.deadline_s, vital=False)
        self._closing = threading.Event()
        self._failed = 0
        self._in_hand = 0

    def start(self) -> None:
        """Begin to write."""
        if self.driver is not None:
            self.driver.start()
        self.worker.start()

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Its threads."""
        return (self.worker,) if self.driver is None else (self.worker, self.driver)

    def wants(self, body: Body) -> bool:
        """Tell whether the sink takes such events: scores, 12.5 a second, only where it asks for them."""
        return self.sink.wants_scores or not isinstance(body, Scores)

    def offer(self, event: Event) -> None:
        """Hand an event over."""
        lost = self.box.put(event)
        if lost is not None and self.box.dropped == 1:
            log.error("sink %s is too slow: events are being dropped, first a %s", self.sink.name, lost.name)

    def hurry(self, timeout_s: float) -> None:
        """Let the path wait for this sink at most that much longer, and then no more."""
        self.box.hurry(timeout_s)

    def close(self, timeout_s: float) -> int:
        """Write what waits, then close the sink; return how many events it never took, after saying so."""
        self.box.close()
        self._closing.set()
        try:
            self.worker.join(timeout_s)
            self._end_driver(timeout_s)
        except StageStalled as exc:
            log.error("%s", exc)  # noqa: TRY400 - the sentence says it all
            if isinstance(self.sink, Driven):
                self.sink.tell_to_stop()
        else:
            self.sink.close()
        lost = self.box.dropped + len(self.box) + self._in_hand
        if lost and self.worker.failure is None:  # a reader that left is told otherwise
            log.error("sink %s: %d events were not written", self.sink.name, lost)
        return lost

    def _end_driver(self, timeout_s: float) -> None:
        if self.driver is not None and isinstance(self.sink, Driven):
            self.sink.tell_to_stop()
            self.driver.join(timeout_s)

    def _step(self) -> bool:
        try:
            event = self.box.get(timeout_s=1.0)
        except Closed:
            return False
        if event is None:
            return True
        self._in_hand = 1
        if not self._write(event):
            return False
        self._in_hand = 0
        return True

    def _write(self, event: Event) -> bool:
        while True:
            try:
                self.sink.publish(event)
            except SinkGone:
                self.box.close()
                raise
            except SinkError as exc:
                pause = BACK_OFF_S[min(self._failed, len(BACK_OFF_S) - 1)]
                if self._failed == 0:
                    log.warning("%s; trying again in %g s", exc, pause)
                self._failed += 1
                if not rested(pause, self._closing.wait, self.worker.show_life):
                    return False
            else:
                if self._failed:
                    log.warning("sink %s writes again", self.sink.name)
                self._failed = 0
                return True


def rested(pause_s: float, told_within: Callable[[float], bool], show_life: Callable[[], None]) -> bool:
    """Rest that long, showing life often enough: a sink that rests does not hang. False if told to end.

    told_within: waits at most that many seconds for the end of the run, True as soon as it comes.
    """
    while pause_s > 0:
        piece_s = min(pause_s, SLOW_S / 4)
        if told_within(piece_s):
            return False
        show_life()
        pause_s -= piece_s
    return True

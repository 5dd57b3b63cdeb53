"""Events leave here: stamped once, then to every sink through a mailbox of its own."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from edged.messages import Body, Event, Scores
from edged.runtime.mailbox import Mailbox
from edged.runtime.outlet import Outlet
from edged.runtime.worker import Worker
from edged.stages.sinks.sink import Sink

Emit = Callable[[str, int | None, int, Body], None]
"""stream, utterance, sample, body: from any thread, returns at once."""


def stamped(stream: str, utterance: int | None, sample: int, body: Body) -> Event:
    """Return the event of a body, with the wall clock of now."""
    wall = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Event(stream, utterance, sample, wall, body)


class Outlets:
    """All sinks of a run."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        lossless: bool,
        on_end: Callable[[Worker], None],
        taps: Sequence[Callable[[Event], None]] = (),
        score_taps: Sequence[Callable[[Event], None]] = (),
    ) -> None:
        """Prepare every sink.

        Args:
            sinks: where events are written.
            lossless: recordings are played as fast as the sinks can write, and nothing is dropped.
            on_end: told when the thread of a sink ends.
            taps: shown every event but scores, at once and none left out; they only count, and never raise.
            score_taps: shown the scores of every hop, in the same way.
        """
        self._lossless = lossless
        self._taps = tuple(taps)
        self._score_taps = tuple(score_taps)
        self._on_end = on_end
        self._outlets = [Outlet(sink, lossless, on_end) for sink in sinks]
        self._lock = threading.Lock()  # the list: no event may meet an outlet that is just being closed

    def listen(self, tap: Callable[[Event], None], *, scores: bool = False) -> None:
        """Show one more tap every event from now on, or the scores of every hop."""
        with self._lock:
            if scores:
                self._score_taps = (*self._score_taps, tap)
            else:
                self._taps = (*self._taps, tap)

    def unlisten(self, tap: Callable[[Event], None], *, scores: bool = False) -> None:
        """Show it nothing more; once this returned, it is not called again."""
        with self._lock:
            if scores:
                self._score_taps = tuple(each for each in self._score_taps if each != tap)
            else:
                self._taps = tuple(each for each in self._taps if each != tap)

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The threads of each sink there is now."""
        return tuple(worker for outlet in self._outlets for worker in outlet.workers)

    @property
    def boxes(self) -> tuple[Mailbox[Event], ...]:
        """The mailbox of each sink there is now."""
        return tuple(outlet.box for outlet in self._outlets)

    def start(self) -> None:
        """Begin to write."""
        for outlet in self._outlets:
            outlet.start()

    def emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        """Stamp an event with the wall clock and hand it to every sink."""
        with self._lock:
            takers = [outlet for outlet in self._outlets if outlet.wants(body)]
            taps = self._score_taps if isinstance(body, Scores) else self._taps
            if takers or taps:
                event = stamped(stream, utterance, sample, body)
                for tap in taps:
                    tap(event)
                for outlet in takers:
                    outlet.offer(event)

    def replace(self, name: str, sink: Sink | None, timeout_s: float = 2.0) -> None:
        """Put a sink in the place of those of a name, or nothing; no event is lost or changes its order.

        Events wait in the new sink's mailbox while the old one writes what waits in its own.
        """
        fresh = Outlet(sink, self._lossless, self._on_end) if sink is not None else None
        with self._lock:
            old = [outlet for outlet in self._outlets if outlet.sink.name == name]
            kept = [outlet for outlet in self._outlets if outlet.sink.name != name]
            self._outlets = [*kept, fresh] if fresh is not None else kept
        for outlet in old:
            outlet.close(timeout_s)
        if fresh is not None:
            fresh.start()

    def hurry(self, timeout_s: float) -> None:
        """Let the path wait for slow sinks at most that much longer, and then no more."""
        for outlet in self._outlets:
            outlet.hurry(timeout_s)

    def close(self, timeout_s: float = 2.0) -> int:
        """Write what waits and close every sink; return how many events were never written."""
        return sum([outlet.close(timeout_s) for outlet in self._outlets])

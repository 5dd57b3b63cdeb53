"""The thread `ears`: every stream but the microphone's, a frame of each in turn, so that none starves.

The microphone has a thread of its own, and neither waits for the other.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from edged.errors import EdgedError
from edged.geometry import HOP_SECONDS
from edged.messages import EndpointReason, Frame
from edged.runtime.inflow import Inflow
from edged.runtime.worker import Worker

log = logging.getLogger(__name__)

DEADLINE_S = 10.0
"""Seconds a turn of all streams may take."""

FULL = 0.8
"""Share of a hop's own length that a hop of all streams may take."""

NEW = 0.02
"""Weight of the newest turn in the mean, which then is of some 50 turns."""

JOIN_S = 3.0
LOOK_S = 1.0
"""Longest wait of one step."""


class Hearer(Protocol):
    """What is done with the sound of a stream."""

    def feed(self, frame: Frame) -> None:
        """Hear at most a hop; raises EdgedError where this stream can go on no further."""
        ...

    def end(self, reason: EndpointReason) -> None:
        """No more sound comes."""
        ...


class _Stream:
    """One stream and who hears it."""

    def __init__(self, inflow: Inflow, hearer: Hearer, on_end: Callable[[str], object]) -> None:
        self.inflow = inflow
        self._hearer = hearer
        self._on_end = on_end

    def turn(self) -> bool:
        """Hear the next frame; False where the stream is over."""
        item = self.inflow.take()
        if item is None:
            return True
        failure = ""
        try:
            if isinstance(item, Frame):
                self._hearer.feed(item)
                return True
            self._hearer.end(item)
        except EdgedError as exc:
            failure = str(exc)
        except Exception:  # one client's stream must not make the others deaf; its client is told
            log.exception("stream %s broke", self.inflow.name)
            failure = "a fault inside"
        self.inflow.cut()
        self._on_end(failure)
        return False


class Ears:
    """Hears all network streams. Streams are opened and fed from other threads."""

    def __init__(self, on_end: Callable[[Worker], None]) -> None:
        """`on_end`: told when the thread ends."""
        self.worker = Worker("ears", self._step, on_end, DEADLINE_S, vital=False)
        self.hop_s = 0.0
        """Seconds that a hop of one stream takes: a moving mean."""
        self._streams: list[_Stream] = []
        self._dropped = 0  # of streams that are over
        self._changed = threading.Condition()
        self._rung = False
        self._closed = False

    @property
    def count(self) -> int:
        """Streams that are open."""
        return len(self._streams)

    @property
    def dropped(self) -> int:
        """Samples lost because the ears were late, of every stream there ever was."""
        with self._changed:
            return self._dropped + sum(stream.inflow.dropped for stream in self._streams)

    @property
    def full(self) -> bool:
        """Whether one more stream, were all of them live, might make all of them late."""
        return self.hop_s * (self.count + 1) > FULL * HOP_SECONDS

    def start(self) -> None:
        """Begin to hear."""
        self.worker.start()

    def open(
        self,
        name: str,
        hearer: Hearer,
        on_room: Callable[[], object],
        on_end: Callable[[str], object],
    ) -> Inflow:
        """Add a stream.

        Args:
            name: what events and the log call it.
            hearer: hears it, in the thread `ears`.
            on_room: see `Inflow`.
            on_end: told once, in the thread `ears`, when everything was heard; with a sentence where the
                stream failed.
        """
        inflow = Inflow(name, self._ring, on_room)
        with self._changed:
            self._streams.append(_Stream(inflow, hearer, on_end))
        return inflow

    def close(self) -> None:
        """End every stream and the thread.

        Raises:
            StageStalled: the thread did not end in 3 s.
        """
        with self._changed:
            for stream in self._streams:
                stream.inflow.end("shutdown")
            self._closed = self._rung = True
            self._changed.notify()
        self.worker.join(JOIN_S)

    def _ring(self) -> None:
        with self._changed:
            if not self._rung:
                self._rung = True
                self._changed.notify()

    def _step(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._rung, LOOK_S)
            self._rung = False
            streams = tuple(stream for stream in self._streams if stream.inflow.due)
        began = time.perf_counter()
        over = [stream for stream in streams if not stream.turn()]
        took_s = time.perf_counter() - began
        with self._changed:
            for stream in over:
                self._streams.remove(stream)
                self._dropped += stream.inflow.dropped
            if any(stream.inflow.due for stream in self._streams):
                self._rung = True
            if streams:
                self.hop_s += (took_s / len(streams) - self.hop_s) * NEW
            return not (self._closed and not self._streams)

"""One opening of a source on a thread of its own, which can be left behind where a driver hangs.

A driver may hang in any call: to open, to read, to close. The thread that makes all three is not waited for
without end; whoever wants sound opens another.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edged.errors import AudioDeviceLost, EdgedError
from edged.messages import Frame
from edged.runtime.mailbox import Closed, Mailbox
from edged.stages.audio.source import NO_FLOW_S, Source

log = logging.getLogger(__name__)

DEPTH = 4
"""Frames between driver and capture. Full: the driver waits, loses and counts by itself."""
OPEN_S = 10.0
"""Seconds to open and to deliver the first frame: ALSA and PortAudio ask every card first."""
FLOW_S = NO_FLOW_S + 0.5
"""Seconds between two frames: a source tells by itself after `NO_FLOW_S`, so this one hangs."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A frame and the time when its last sample was there."""

    frame: Frame
    at: float
    """Seconds of the reader's clock."""
    xruns: int
    """Times that the source lost samples since it was opened."""


class Reading(Protocol):
    """One opening of a source, seen from whoever takes its frames."""

    def start(self) -> None:
        """Begin to open and to read."""
        ...

    def take(self, timeout_s: float) -> Arrived | None:
        """Return the next frame; None if none came in time.

        Raises:
            AudioDeviceLost: it failed, or it hangs.
            EdgedError: it cannot be opened at all.
        """
        ...

    def tell_to_end(self) -> None:
        """Ask without waiting, from any thread."""
        ...

    def leave(self, timeout_s: float) -> bool:
        """Ask it to end and wait; False where it hangs: it will close what it holds once it wakes."""
        ...

    @property
    def ended(self) -> bool:
        """Whether its thread has ended."""
        ...


class Reader:
    """Opens, reads and closes a source on its thread."""

    def __init__(self, spec: str, opening: Callable[[], Source], clock: Callable[[], float]) -> None:
        self._spec = spec
        self._opening = opening
        self._clock = clock
        self._box: Mailbox[Arrived] = Mailbox(f"reader of {spec}", DEPTH, full="wait")
        self._told = threading.Event()
        self._source: Source | None = None
        self._failure: EdgedError | None = None
        self._last = clock()
        self._limit_s = OPEN_S
        self._thread = threading.Thread(target=self._run, name="reader")

    def start(self) -> None:
        """Begin; see `Reading`."""
        self._last = self._clock()
        self._thread.start()

    def take(self, timeout_s: float) -> Arrived | None:
        """Return the next frame; see `Reading`."""
        try:
            arrived = self._box.get(timeout_s)
        except Closed:
            raise self._failure or AudioDeviceLost(f"{self._spec}: ended") from None
        if arrived is not None:
            self._last, self._limit_s = arrived.at, FLOW_S
        elif (quiet := self._clock() - self._last) > self._limit_s:
            what = "does not open" if self._limit_s == OPEN_S else "hangs"
            raise AudioDeviceLost(f"{self._spec}: {what}: nothing came for {quiet:.1f} s")
        return arrived

    def tell_to_end(self) -> None:
        """Ask without waiting; see `Reading`."""
        self._told.set()
        self._box.close()
        if (source := self._source) is not None:
            source.interrupt()

    def leave(self, timeout_s: float) -> bool:
        """Ask and wait; see `Reading`."""
        self.tell_to_end()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return self.ended

    @property
    def ended(self) -> bool:
        """Whether its thread has ended; see `Reading`."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            source = self._opening()
            try:
                self._source = source
                while not self._told.is_set() and (frame := source.read()) is not None:
                    if len(frame.pcm):
                        self._box.put(Arrived(frame, self._clock(), source.xruns))
            finally:
                source.close()
        except EdgedError as exc:
            self._failure = exc
        except Exception as exc:  # whatever a driver throws, opening it anew is the way out
            log.warning("%s: a driver broke", self._spec, exc_info=exc)
            self._failure = AudioDeviceLost(f"{self._spec}: {type(exc).__name__}: {exc}")
        finally:
            self._box.close()

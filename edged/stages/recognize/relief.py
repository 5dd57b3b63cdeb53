"""Whether a process has outgrown its memory, when it is replaced, and by what."""

import logging
import math
import select
import time

from edged.stages.recognize import requests, wire
from edged.stages.recognize.liveness import HAND_OVER_S, NEXT_TRY_S, outgrown, room_beside
from edged.stages.recognize.successor import Successor
from edged.telemetry.memory import available_bytes, resident_bytes

log = logging.getLogger(__name__)


class Relief:
    """Of the attendant's thread; `poll` is the attendant's."""

    def __init__(self, load: requests.Load, poll: select.poll, load_limit_s: float) -> None:
        self._load = wire.encode(load)
        self._memory_mb = load.memory_mb
        self._poll = poll
        self._load_limit_s = load_limit_s
        self._since = 0.0
        self._look_at = 0.0  # monotonic time before which nobody asks again
        self._successor: Successor | None = None
        self.why = ""
        """Why the process is to be replaced; empty while it is not."""

    def outgrown(self, pid: int) -> str | None:
        """Return why a process is too large, or None."""
        return outgrown(resident_bytes(pid), self._memory_mb)

    def weigh(self, pid: int) -> None:
        """Decide, after an utterance, whether the process is to be replaced, and have another one load."""
        now = time.monotonic()
        if not self._memory_mb or self.why or now < self._look_at:
            return
        resident = resident_bytes(pid)
        why = outgrown(resident, self._memory_mb)
        if why is None or resident is None:
            return
        self.why, self._since = why, now
        if room_beside(resident, available_bytes()):
            try:
                self._successor = Successor(self._load, self._poll)
            except OSError as exc:
                log.warning("recognizer process: no second one can be started (%s)", exc)

    def look(self, came: set[int]) -> None:
        """Read what the one to replace it says."""
        if self._successor is not None:
            self._successor.look(came, self._load_limit_s)

    def until(self, waiting: bool) -> float:
        """Return the monotonic time at which something is to be decided. waiting: some have no text yet."""
        until = math.inf
        if self._successor is not None and self._successor.ready is None:
            until = self._successor.born + self._load_limit_s
        return min(until, self._since + HAND_OVER_S) if self.why and waiting else until

    def due(self, waiting: bool) -> bool:
        """Return whether to replace it now: nobody is in the middle of anything, or that took too long."""
        next_one = self._successor
        if not self.why:
            return False
        if next_one is not None and next_one.failure:
            log.warning("%s; the one to replace it %s", self.why, next_one.failure)
            self.dismiss()
            self._look_at = time.monotonic() + NEXT_TRY_S
            return False
        if waiting and time.monotonic() - self._since < HAND_OVER_S:
            return False
        return next_one is None or next_one.ready is not None

    def take(self) -> tuple[str, Successor | None]:
        """Return why it is replaced and what is ready to serve, None where there was no room for two."""
        taken = self.why, self._successor
        self.why, self._successor = "", None
        return taken

    def dismiss(self) -> None:
        """Nobody is to take the place of the process."""
        next_one, self._successor, self.why = self._successor, None, ""
        if next_one is not None:
            next_one.dismiss()

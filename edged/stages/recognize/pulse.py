"""Signs of life of a process that has work and nothing to say."""

import threading
import time

from edged.stages.recognize.answers import Beat
from edged.stages.recognize.link import Link


class Pulse:
    """What the beat tells of the work at hand; written by the worker, read by the beat thread."""

    def __init__(self) -> None:
        self.work = threading.Event()
        """Set while any utterance is open: without one the beat thread sleeps."""
        self.opened = 0.0
        """Monotonic time at which the last utterance was opened."""
        self.since: float | None = None
        """Monotonic time at which work on the present message began; None while waiting."""

    def open(self) -> None:
        self.opened = time.monotonic()
        self.work.set()

    def close(self) -> None:
        self.work.clear()


def beat(link: Link, pulse: Pulse, period_s: float) -> None:
    """Send a sign of life when nothing was said for a period while there is work; ends with the socket."""
    rest = threading.Event()  # never set: a sleep that needs no import of its own
    while pulse.work.wait():
        quiet_s = time.monotonic() - max(link.said, pulse.opened)
        if quiet_s < period_s:
            rest.wait(period_s - quiet_s)
            continue
        since = pulse.since
        try:
            link.send(Beat(0.0 if since is None else time.monotonic() - since))
        except OSError:
            return

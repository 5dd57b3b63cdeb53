"""What the pool counts. Pure."""

from dataclasses import dataclass

from edged.geometry import SAMPLE_RATE
from edged.runtime.jobs.job import Counters

RECENT = 0.2
"""Weight of the newest job in what a job usually takes."""

UNKNOWN_S = 30.0
"""Seconds that a job is taken to need before one was done."""


@dataclass
class Tally:
    """Since the pool was made."""

    done: int = 0
    failed: int = 0
    cancelled: int = 0
    refused: int = 0
    restarts: int = 0
    recycled: int = 0
    audio_s: float = 0.0
    busy_s: float = 0.0
    usual_s: float = UNKNOWN_S
    """Seconds that a job usually takes."""

    def worked(self, took_s: float, samples: int) -> None:
        """Count the work on one job."""
        self.busy_s += took_s
        self.audio_s += samples / SAMPLE_RATE
        first = self.usual_s == UNKNOWN_S
        self.usual_s = took_s if first else (1 - RECENT) * self.usual_s + RECENT * took_s

    def counters(self, queued: int, running: int, processes: int) -> Counters:
        """Return all, with what is under way at this moment."""
        return Counters(
            queued,
            running,
            processes,
            self.done,
            self.failed,
            self.cancelled,
            self.refused,
            self.restarts,
            self.recycled,
            round(self.audio_s, 3),
            round(self.busy_s, 3),
        )

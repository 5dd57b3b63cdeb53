"""What one stream has been through, counted in place."""

import math
import time
from dataclasses import dataclass

import numpy as np

from edged.messages import Ran, Stats
from edged.runtime.timing import StageTimes
from edged.stages.recognize.recognizer import Pcm

FULL_SCALE = 32768.0


@dataclass(slots=True)
class Tally:
    """Counters of a stream since it opened."""

    hops: int = 0
    gap_samples: int = 0
    activations: int = 0
    late_hops: int = 0

    def stats(self, last_second: Pcm, times: StageTimes, ran: Ran) -> Stats:
        """Return the counters as an event; `last_second` is the newest sound, of any length."""
        return Stats(
            hops=self.hops,
            gaps=self.gap_samples,
            activations=self.activations,
            late_hops=self.late_hops,
            level_dbfs=level_dbfs(last_second),
            stages_ms=dict(times.medians()),
            cpu_s=round(time.process_time(), 3),
            backend=ran,
        )


def level_dbfs(pcm: Pcm) -> float | None:
    """Return the RMS level of sound relative to full scale, in decibels; None of none, -inf is -120."""
    if len(pcm) == 0:
        return None
    rms = float(np.sqrt(np.mean(np.square(pcm, dtype=np.float64))))
    return round(max(-120.0, 20 * math.log10(rms / FULL_SCALE)), 1) if rms else -120.0

"""What one stream has been through, counted in place."""

import math
import time
from dataclasses import dataclass, field

import numpy as np

from edged.messages import Frame, GapWhere, Ran, Stats
from edged.runtime.meter import Meter
from edged.runtime.timing import StageTimes
from edged.stages.audio.health import Looks
from edged.stages.recognize.recognizer import Pcm

FULL_SCALE = 32768.0


@dataclass(slots=True)
class Sound:
    """What came in, counted where it comes in: before the path takes it, and before anything tidies it."""

    samples: int = 0
    clipped: int = 0
    """Samples at the ends of the scale."""
    silent: int = 0
    """Samples in frames of nothing but zeros."""
    xruns: int = 0
    """Times that the source lost samples while it ran."""

    def add(self, looks: Looks) -> None:
        """Count a frame."""
        self.samples += looks.samples
        self.clipped += looks.clipped
        if looks.kind == "silent":
            self.silent += looks.samples


def _none_lost() -> dict[GapWhere, int]:
    return {"device": 0, "source": 0, "capture": 0}


@dataclass(slots=True)
class Tally:
    """Counters of a stream since it opened."""

    hops: int = 0
    activations: int = 0
    late_hops: int = 0
    muted: int = 0
    """Samples that came while it was muted."""
    gaps: dict[GapWhere, int] = field(default_factory=_none_lost)
    """Samples lost, by cause."""
    sound: Sound = field(default_factory=Sound)

    def lose(self, samples: int, frame: Frame) -> dict[GapWhere, int]:
        """Count the samples missing before a frame; return the causes that had a part in it.

        Microphone and source say how much they lost since the stream opened, so that no loss is forgotten
        where frames that told of it were lost as well; what neither of them lost, the mailbox dropped.
        """
        device, source = frame.away - self.gaps["device"], frame.overrun - self.gaps["source"]
        lost: dict[GapWhere, int] = {"device": device, "source": source, "capture": samples - device - source}
        for where, count in lost.items():
            self.gaps[where] += count
        return {where: count for where, count in lost.items() if count}

    def stats(self, last_second: Pcm, times: StageTimes, ran: Ran, meter: Meter | None = None) -> Stats:
        """Return the counters as an event; `last_second` is the newest sound, of any length."""
        energy = meter.per_hour() if meter else None
        return Stats(
            hops=self.hops,
            gaps=sum(self.gaps.values()),
            gaps_where=dict(self.gaps),
            xruns=self.sound.xruns,
            clipped=self.sound.clipped,
            silent=self.sound.silent,
            activations=self.activations,
            late_hops=self.late_hops,
            level_dbfs=level_dbfs(last_second),
            stages_ms=dict(times.medians()),
            cpu_s=round(time.process_time(), 3),
            backend=ran,
            energy_j_per_hour=round(energy.joules, 3) if energy else None,
            energy_source=energy.source if energy else None,
            muted=self.muted,
        )


def level_dbfs(pcm: Pcm) -> float | None:
    """Return the RMS level of sound relative to full scale, in decibels; None of none, -inf is -120."""
    if len(pcm) == 0:
        return None
    rms = float(np.sqrt(np.mean(np.square(pcm, dtype=np.float64))))
    return round(max(-120.0, 20 * math.log10(rms / FULL_SCALE)), 1) if rms else -120.0

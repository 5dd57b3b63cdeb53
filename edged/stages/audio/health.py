"""Whether what a source delivers can be sound: decided from its samples alone, before anything tidies them.

A room is never exactly still: a real converter delivers noise of some LSB. One value for seconds is a
converter that stands still. Zeros alone may also be a muted microphone, or one that lets through speech
only; it shows that it is one of those by coming out of its silence by itself.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edged.geometry import SAMPLE_RATE

Pcm = NDArray[np.int16]
"""Shape (n,), mono, 16 kHz."""

STUCK_S = 2.0
"""Seconds of one value other than zero that no microphone delivers."""
SILENT_S = 10.0
"""Seconds of zeros after which a source is opened anew; twice that after each time in vain."""
LONGEST_SILENT_S = 600.0
"""Seconds of zeros that are waited for at most, and those of a source that is known to mute itself."""
GATE_S = 1.0
"""Seconds of zeros before sound that show that a source mutes itself, or is muted by hand."""
CLIPPING_S = 10.0
"""Seconds over which clipping is judged."""
CLIPPING = 0.01
"""Share of samples at the ends of the scale that people hear as distortion, and heads as another voice."""

Kind = Literal["sound", "silent", "stuck"]
Trouble = Literal["silent", "stuck"]


@dataclass(frozen=True, slots=True)
class Looks:
    """What one frame looks like."""

    samples: int
    kind: Kind
    """`silent`: zeros only; `stuck`: another value only."""
    clipped: int
    """Samples at the ends of the scale."""


def look(pcm: Pcm) -> Looks:
    """Return what a frame, shape (n,), n >= 1, looks like."""
    low, high = int(pcm.min()), int(pcm.max())
    kind: Kind = "sound" if low != high else "stuck" if low else "silent"
    loud = low == -32_768 or high == 32_767
    clipped = int(np.count_nonzero(pcm == -32_768) + np.count_nonzero(pcm == 32_767)) if loud else 0
    return Looks(len(pcm), kind, clipped)


def patience_s(in_vain: int, mutes: bool) -> float:
    """Return the seconds of zeros to wait for.

    in_vain: times the source was opened anew and stayed silent; mutes: it came out of silence by itself.
    """
    return LONGEST_SILENT_S if mutes else min(SILENT_S * 2 ** min(in_vain, 16), LONGEST_SILENT_S)


class Health:
    """Judges one source, frame by frame, over all times that it is opened."""

    def __init__(self) -> None:
        self.mutes = False
        """Whether it came out of silence by itself."""
        self._in_vain = 0
        self._forget()

    def hear(self, looks: Looks) -> Trouble | None:
        """Take the next frame; return what is wrong, once: the source is to be opened anew then."""
        self._run = self._run + looks.samples if looks.kind == self._kind else looks.samples
        self._kind = looks.kind
        if looks.kind == "sound":
            # a source that an opening cures is cured at once
            self.mutes = self.mutes or self._silence >= GATE_S * SAMPLE_RATE
            self._silence = self._in_vain = 0
        elif looks.kind == "silent":
            self._silence = self._run
            if self._run >= patience_s(self._in_vain, self.mutes) * SAMPLE_RATE:
                self._in_vain += 1
                self._forget()
                return "silent"
        elif self._run >= STUCK_S * SAMPLE_RATE:
            self._forget()
            return "stuck"
        return None

    def reopened(self) -> None:
        """Begin anew with what is known of the source: what comes next comes from a fresh start."""
        self._forget()

    def _forget(self) -> None:
        self._kind: Kind = "sound"
        self._run = self._silence = 0


class Clipping:
    """Tells when sound begins to be clipped and when that is over."""

    def __init__(self) -> None:
        self.bad = False
        self._samples = self._clipped = 0

    def hear(self, looks: Looks) -> bool:
        """Take the next frame; return whether `bad` changed with it."""
        self._samples += looks.samples
        self._clipped += looks.clipped
        if self._samples < CLIPPING_S * SAMPLE_RATE:
            return False
        before, self.bad = self.bad, self._clipped >= CLIPPING * self._samples
        self._samples = self._clipped = 0
        return self.bad != before

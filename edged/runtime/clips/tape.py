"""From where on the sound of a stream may be kept, and the sound itself.

The scores of a hop depend on the ten hops of sound before it and on 34 embeddings; so a clip begins that much
earlier, or where the stream began. After a command whose sound is not kept it may begin only behind it: then
34 embeddings, which are no sound, stand for what came before.
"""

from typing import Protocol

import numpy as np

from edged.backends.backend import Floats, Pcm
from edged.geometry import CONTEXT, HISTORY, HOP, PRIME_STEPS, RING_SECONDS, SAMPLE_RATE
from edged.runtime.clips.kept import Begin
from edged.runtime.clips.sound import Channels
from edged.stages.audio.ring import Ring

LEAD_HOPS = PRIME_STEPS + HISTORY - 2
"""Hops of sound before the first hop whose scores depend on nothing older: 42, 3.36 s."""

SETTLE_HOPS = PRIME_STEPS + 1
"""Hops after a command until sound can be kept: one whose context lies behind it, ten for the features."""


class Embeddings(Protocol):
    """The last embeddings of a stream."""

    @property
    def rows(self) -> Floats: ...


class Tape:
    """The sound of one stream that may be kept."""

    def __init__(self, ring: Ring, embeddings: Embeddings, cleaned: bool) -> None:
        """Take the ring of what came; `cleaned`: the wake words hear something else, which is kept too."""
        self._ring = ring
        self._embeddings = embeddings
        self._cleaned = Ring(RING_SECONDS * SAMPLE_RATE) if cleaned else None
        self._end = 0
        self._forbidden = 0
        self._unsettled = SETTLE_HOPS
        self._origin: Begin | None = None
        self._exact_from = 0

    def fresh(self, at: int) -> None:
        """The stream, or its next unbroken part, begins at this sample."""
        self._origin, self._unsettled = Begin(at, "stream"), 0
        self._exact_from = self._end = at
        if self._cleaned is not None:
            self._cleaned.reset(at)

    def forbid(self) -> None:
        """Keep nothing of what was heard so far; sound can be kept again eleven hops after the last call."""
        self._origin, self._unsettled, self._forbidden = None, SETTLE_HOPS, self._end

    def push(self, end: int, heard: Pcm) -> None:
        """Take what the wake words hear of a hop that ends at this sample and lies in the ring."""
        self._end = end
        if self._cleaned is not None:
            if self._cleaned.end != end - HOP:  # it was not asked while clips were off
                self._cleaned.reset(end - HOP)
            self._cleaned.push(heard)

    def settle(self) -> None:
        """Count a hop whose embedding was taken, and that nothing forbids."""
        if self._unsettled and self._end > self._forbidden:
            self._unsettled -= 1
            if not self._unsettled:
                start = self._end - PRIME_STEPS * HOP - CONTEXT
                self._origin = Begin(start, "history", self._embeddings.rows.copy())
                self._exact_from = self._end

    def begin(self, first: int) -> tuple[Begin, int] | None:
        """Return where sound must begin so that the scores of hops from sample `first` on come out the same.

        Also the first sample from which they do: `first`, or a later hop. None: nothing may be kept now.
        """
        if self._origin is None:
            return None
        start = first - LEAD_HOPS * HOP - CONTEXT
        if start < max(self._origin.start, self._ring.start):
            return self._origin, max(first, self._exact_from)
        return Begin(start, "middle"), first

    def read(self, start: int, stop: int) -> Channels:
        """Copy sound, shape (n, channels)."""
        raw = self._ring.read(start, stop)
        if self._cleaned is None:
            return raw[:, None]
        return np.stack([raw, self._cleaned.read(start, stop)], axis=1)


def hops_in(seconds: float) -> int:
    """Return the whole hops that make up a time, at least one."""
    return max(1, round(seconds * SAMPLE_RATE / HOP))

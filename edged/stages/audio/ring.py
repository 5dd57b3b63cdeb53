"""The last seconds of raw sound, addressed by sample index: a command is cut out of the past here."""

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""Shape (n,), mono, 16 kHz."""


class Ring:
    """Holds the newest `capacity` samples of one stream; used by one thread."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a ring needs room for at least one sample, not {capacity}")
        self.capacity = capacity
        self._samples = np.zeros(capacity, np.int16)
        self._start = 0
        self._end = 0

    @property
    def start(self) -> int:
        """Index of the oldest sample held; equals `end` when nothing is held."""
        return self._start

    @property
    def end(self) -> int:
        """Index after the newest sample."""
        return self._end

    def push(self, pcm: Pcm) -> None:
        """Append sound of any length; the oldest samples make room. Allocates nothing."""
        end = self._end + len(pcm)
        kept = pcm[-self.capacity :]
        at = (end - len(kept)) % self.capacity
        until_wrap = min(len(kept), self.capacity - at)
        self._samples[at : at + until_wrap] = kept[:until_wrap]
        self._samples[: len(kept) - until_wrap] = kept[until_wrap:]
        self._end = end
        self._start = max(self._start, end - self.capacity)

    def read(self, start: int, stop: int, out: Pcm | None = None) -> Pcm:
        """Copy samples start..stop, shape (stop - start,), into `out` where one is given.

        Raises:
            IndexError: part of the range was overwritten, lost in a gap or is not there yet.
            ValueError: `out` has another length.
        """
        if not self._start <= start <= stop <= self._end:
            raise IndexError(f"samples {start}..{stop} asked, {self._start}..{self._end} held")
        length = stop - start
        if out is None:
            out = np.empty(length, np.int16)
        elif len(out) != length:
            raise ValueError(f"room for {len(out)} samples given, {length} asked")
        at = start % self.capacity
        until_wrap = min(length, self.capacity - at)
        out[:until_wrap] = self._samples[at : at + until_wrap]
        out[until_wrap:] = self._samples[: length - until_wrap]
        return out

    def reset(self, at: int) -> None:
        """Forget everything; the next sample pushed has index `at`. For the sound after a gap."""
        self._start = self._end = at

"""Where on the stream the frames of a source lie that comes and goes: the index keeps to real time.

Within one opening the source's own count of samples rules. Between two of them the clock does: what was not
heard in between is lost, and counted.
"""

from collections import deque

from edged.geometry import SAMPLE_RATE
from edged.messages import Frame

NEWEST = 25
"""Arrivals that tell how late frames come: two seconds, short enough that two clocks do not drift apart."""


class Timeline:
    """Places frames one after the other; `start` never goes back. Takes times, has no clock of its own."""

    def __init__(self) -> None:
        self.end = 0
        """Index after the newest sample."""
        self.away = 0
        """Samples lost because there was no source."""
        self.overrun = 0
        """Samples that the source itself lost."""
        self._offset: int | None = None
        """Index of the opening's first sample, once it came."""
        self._ahead: deque[float] = deque(maxlen=NEWEST)
        """For each of the newest frames: samples of the clock minus index at its arrival."""

    def reopen(self) -> None:
        """Let the next frame be the first of another opening."""
        self._offset = None

    def place(self, frame: Frame, arrived: float) -> Frame:
        """Return the frame with its place on the stream and with what was lost before it.

        arrived: seconds of a monotonic clock when its last sample was there.
        """
        now = arrived * SAMPLE_RATE
        if self._offset is None:
            # the least late of the newest frames says best where the stream ended in real time
            due = round(now - min(self._ahead)) - len(frame.pcm) if self._ahead else self.end
            start = max(self.end, due)
            self.away += start - self.end
            self._offset = start - frame.start
            self._ahead.clear()
        else:
            start = max(self.end, frame.start + self._offset)
            self._offset = start - frame.start
            self.overrun += start - self.end
        self.end = start + len(frame.pcm)
        self._ahead.append(now - self.end)
        return Frame(start, frame.pcm, self.away, self.overrun)

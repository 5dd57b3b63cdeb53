"""A source slowed to real time, so that one loop drives both fast and real runs."""

from collections.abc import Callable

from edged.geometry import SAMPLE_RATE
from edged.messages import Frame
from edged.stages.audio.source import Source


class Paced:
    """Delivers each frame when its last sample would have been spoken.

    The schedule is absolute, by sample index since the first `read`: delays of single frames do not add up,
    and a late frame is followed without sleep until the schedule is met, as from a microphone.
    """

    def __init__(self, source: Source, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._source = source
        self._clock = clock
        self._sleep = sleep
        self._begun: float | None = None
        """Time of sample 0, seconds of `clock`."""
        self.name = source.name
        self.rate = source.rate
        self.live = source.live

    @property
    def xruns(self) -> int:
        """Losses of the source; see `Source`."""
        return self._source.xruns

    def read(self) -> Frame | None:
        """Return the next frame when it is due; see `Source`."""
        asked = self._clock()
        frame = self._source.read()
        if frame is None:
            return None
        if self._begun is None:
            self._begun = asked - frame.start / SAMPLE_RATE
        ahead = self._begun + (frame.start + len(frame.pcm)) / SAMPLE_RATE - self._clock()
        if ahead > 0:
            self._sleep(ahead)
        return frame

    def interrupt(self) -> None:
        """End a read that waits, where `sleep` ends too; see `Source`."""
        self._source.interrupt()

    def close(self) -> None:
        """Close the source; see `Source`."""
        self._source.close()


def paced(source: Source, clock: Callable[[], float], sleep: Callable[[float], object]) -> Source:
    """Return the source in real time; seconds, e.g. of `time.monotonic` and `stopping.wait`."""
    return Paced(source, clock, sleep)

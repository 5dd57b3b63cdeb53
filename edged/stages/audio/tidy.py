"""What a live source delivers, made fit for heads: without its offset, and with noise for digital silence.

Whoever looks for a stuck or silent microphone must look below this: noise looks well.
"""

from edged.messages import Frame
from edged.stages.audio.dc import DcRemoval
from edged.stages.audio.dither import Dither
from edged.stages.audio.source import Source


class Tidied:
    """A source of tidied frames: as many samples, at the same places."""

    def __init__(self, source: Source, remove_dc: bool, dither: bool) -> None:
        self._source = source
        self._dc = DcRemoval() if remove_dc else None
        self._dither = Dither() if dither else None
        self._end = 0
        self.name = source.name
        self.rate = source.rate
        self.live = source.live

    def read(self) -> Frame | None:
        """Return the next frame; see `Source`."""
        frame = self._source.read()
        if frame is None:
            return None
        if frame.start != self._end and self._dc is not None:
            self._dc.reset()
        self._end = frame.start + len(frame.pcm)
        pcm = frame.pcm
        # silence is seen before the filter, which falls to zero slowly
        if self._dither is not None:
            pcm = self._dither.push(pcm, frame.start)
        if self._dc is not None:
            pcm = self._dc.push(pcm)
        return Frame(frame.start, pcm)

    def interrupt(self) -> None:
        """End a read that waits; see `Source`."""
        self._source.interrupt()

    def close(self) -> None:
        """Close the source; see `Source`."""
        self._source.close()


def tidied(source: Source, remove_dc: bool, dither: bool) -> Source:
    """Return a live source tidied as asked; recordings and pipes pass bit for bit."""
    return Tidied(source, remove_dc, dither) if source.live and (remove_dc or dither) else source

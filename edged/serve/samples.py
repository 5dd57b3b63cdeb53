"""Raw sound of a client, in pieces of any size, to int16 mono at 16 kHz."""

from edged.errors import AudioInputError
from edged.stages.audio.convert import Converter, Pcm
from edged.stages.audio.samples import WIDTHS, to_float
from edged.stages.audio.spec import HIGHEST_RATE, LOWEST_RATE

MOST_CHANNELS = 64


class Samples:
    """One stream's conversion; what is left of a sample waits for its rest."""

    def __init__(self, rate: int, width: int = 2, channels: int = 1) -> None:
        """Prepare.

        Args:
            rate: samples per second.
            width: bytes of one sample of one channel, little-endian.
            channels: that take turns; all are mixed.

        Raises:
            AudioInputError: no such sound can be read.
        """
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise AudioInputError(f"{rate} samples per second; {LOWEST_RATE} to {HIGHEST_RATE} can be read")
        if width not in WIDTHS:
            raise AudioInputError(f"samples of {width} bytes; {', '.join(map(str, WIDTHS))} can be read")
        if not 1 <= channels <= MOST_CHANNELS:
            raise AudioInputError(f"{channels} channels; 1 to {MOST_CHANNELS} can be read")
        self._width = width
        self._channels = channels
        self._converter = Converter(rate)
        self._rest = b""

    def push(self, data: bytes) -> Pcm:
        """Take more bytes; return the samples that are ready, shape (n,)."""
        data = self._rest + data
        whole = len(data) - len(data) % (self._width * self._channels)
        self._rest = data[whole:]
        return self._converter.push(to_float(data[:whole], self._width, self._channels))

    def finish(self) -> Pcm:
        """Return what the filter still holds; a sample without its rest is lost."""
        return self._converter.finish()

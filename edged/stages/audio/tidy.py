"""What a live source delivers, made fit for heads: noise for digital silence, and no offset.

Whoever looks for a stuck or silent microphone must look before this: noise looks well. Recordings and pipes
are not tidied: what is in them is meant.
"""

from edged.stages.audio.dc import DcRemoval, Pcm
from edged.stages.audio.dither import Dither


class Tidy:
    """One opening of one live source: as many samples as came, in any pieces; one per opening."""

    def __init__(self, remove_dc: bool, dither: bool) -> None:
        self._dc = DcRemoval() if remove_dc else None
        self._dither = Dither() if dither else None

    def push(self, pcm: Pcm) -> Pcm:
        """Return the sound tidied as asked, shape (n,); itself, bit for bit, where nothing is to be done."""
        # silence is seen before the filter, whose offset fades slowly
        if self._dither is not None:
            pcm = self._dither.push(pcm)
        if self._dc is not None:
            pcm = self._dc.push(pcm)
        return pcm

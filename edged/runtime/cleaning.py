"""Which branch of one stream hears cleaned sound: the wake path, the recognizer, both or none.

The VAD always hears sound as it came: silero was trained on noise, and the end of a command must not hang on
this option. The ring keeps it so, too.
"""

from typing import Literal

import numpy as np

from edged.stages.audio.ring import Ring
from edged.stages.denoise.command import CONTEXT, CleanCommand
from edged.stages.denoise.speex import Pcm, Suppressor


class Cleaning:
    """One stream's suppressors."""

    def __init__(self, path: Literal["off", "wake", "recognize", "both"]) -> None:
        """Raises ProviderUnavailable where one is asked for and speexdsp-ns is not installed."""
        self._wake = Suppressor() if path in ("wake", "both") else None
        self._recognize = Suppressor() if path in ("recognize", "both") else None
        self._command: CleanCommand | None = None

    @property
    def of_wake(self) -> bool:
        """Whether the wake path hears cleaned sound, 10 ms late: far less than ends of words scatter."""
        return self._wake is not None

    def hop(self, pcm: Pcm) -> Pcm:
        """Return what the wake path hears of a hop, shape (1280,)."""
        return pcm if self._wake is None else self._wake.push(pcm)

    def open(self, ring: Ring, start: int) -> None:
        """Begin a command at sample `start`; what the ring holds before it teaches its noise."""
        if self._recognize is not None:
            start = min(start, ring.end)
            before = ring.read(max(ring.start, start - CONTEXT), start)
            self._command = CleanCommand(self._recognize, before)

    def command(self, pcm: Pcm, last: bool) -> Pcm:
        """Return what the recognizer hears of the open command now; `last`: nothing more comes."""
        if self._command is None:
            return pcm
        cleaned = self._command.push(pcm)
        if last:
            cleaned = np.concatenate([cleaned, self._command.finish()])
            self._command = None
        return cleaned

    def reset(self) -> None:
        """Forget the noise that the wake path learned: sound was lost."""
        if self._wake is not None:
            self._wake.reset()

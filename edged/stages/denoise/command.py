"""A command cleaned on its way to the recognizer: as many samples as were spoken, each in its place."""

import numpy as np

from edged.geometry import SAMPLE_RATE
from edged.stages.denoise.speex import DELAY, FRAME, Pcm, Suppressor

CONTEXT = 2 * SAMPLE_RATE
"""Samples before a command from which its suppressor learns the noise."""


class CleanCommand:
    """One command's sound. What comes out is the sound of the same moment, at most 20 ms later."""

    def __init__(self, suppressor: Suppressor, before: Pcm) -> None:
        """Take a suppressor for this command alone, from fresh.

        before: the sound just before the command, of any length; see `CONTEXT`.
        """
        suppressor.reset()
        self._suppressor = suppressor
        self._waiting = before
        # what comes out first, the sound before the command and the delay, is not the command's
        self._skip = len(before) + DELAY
        self._owed = 0

    def push(self, pcm: Pcm) -> Pcm:
        """Take more of the command, shape (n,), any n; return what is cleaned by now, shape (m,)."""
        self._owed += len(pcm)
        return self._cleaned(pcm)

    def finish(self) -> Pcm:
        """Return the rest, so that as many samples came out as went in; call once, after the last `push`."""
        frames, owed = -(-(len(self._waiting) + DELAY) // FRAME), self._owed
        return self._cleaned(np.zeros(frames * FRAME - len(self._waiting), np.int16))[:owed]

    def _cleaned(self, pcm: Pcm) -> Pcm:
        sound = np.concatenate([self._waiting, pcm])
        whole = len(sound) - len(sound) % FRAME
        self._waiting = sound[whole:]
        cleaned = self._suppressor.push(sound[:whole])
        skipped = min(self._skip, len(cleaned))
        self._skip -= skipped
        self._owed -= len(cleaned) - skipped
        return cleaned[skipped:]

"""Where somebody speaks: the VAD run over samples of the ring, only where its answer is wanted.

The VAD costs as much as the whole feature path, so nothing here runs by the hop unless asked. Windows
are laid out from the sample at which a meter was restarted, so chunks of capture do not matter. Sound
goes in as it came: silero is not deceived by digital zeros, as the heads are.
"""

from collections import deque
from typing import NamedTuple

from edged.backends.backend import VadStream
from edged.geometry import SAMPLE_RATE, VAD_WINDOW
from edged.stages.listen.recent import Recent

WARM_UP = SAMPLE_RATE
"""Samples that the VAD hears before the first answer that counts: 1 s."""


class Window(NamedTuple):
    """One answer of the VAD."""

    end: int
    """Sample index after the window."""
    probability: float
    """0..1 that somebody speaks in it."""


class SpeechMeter:
    """Follows one stream of sound from a sample on."""

    def __init__(self, vad: VadStream) -> None:
        self._vad = vad
        self.position = 0
        """First sample not heard yet."""

    def restart(self, at: int) -> None:
        """Forget everything and go on from sample `at`."""
        self._vad.reset()
        self.position = at

    def advance(self, recent: Recent, until: int) -> list[Window]:
        """Hear every whole window up to sample `until`.

        Raises:
            IndexError: the sound is not held, or not there yet.
            ProviderFailed: the VAD broke.
        """
        windows: list[Window] = []
        while self.position + VAD_WINDOW <= until:
            end = self.position + VAD_WINDOW
            windows.append(Window(end, self._vad.probability(recent.read(self.position, end))))
            self.position = end
        return windows


class SpeechGate:
    """Answers whether somebody spoke just before a moment; asked hop after hop it hears only what is new."""

    def __init__(self, meter: SpeechMeter, lookback: int) -> None:
        """`lookback`: samples before the moment asked for in which speech counts."""
        self._meter = meter
        self._lookback = lookback
        self._history = max(lookback, WARM_UP)
        self._windows: deque[Window] = deque(maxlen=self._history // VAD_WINDOW + 2)

    def highest(self, recent: Recent, end: int) -> float:
        """Return the highest speech probability in the look-back before sample `end`; 0 where none is held.

        Raises:
            ProviderFailed: the VAD broke.
        """
        oldest = max(recent.start, end - self._history)
        if not oldest <= self._meter.position <= end:
            self._windows.clear()
            self._meter.restart(oldest)
        self._windows.extend(self._meter.advance(recent, end))
        return max((p for stop, p in self._windows if stop > end - self._lookback), default=0.0)

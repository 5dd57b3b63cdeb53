"""Where a long recording is cut: in its pauses, else at the quietest place below the model's limit. Pure.

Windows of the voice activity detection go in, one after the other; parts come out that follow each other
without a hole, so no sample is recognized twice and none is lost. Parts in which nobody speaks are told as
such and never recognized.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edged.geometry import SAMPLE_RATE, VAD_WINDOW

HYSTERESIS = 0.15
"""How far below the threshold speech must fall to be over; silero's own value (`VADIterator`)."""

AROUND = 4
"""Windows whose mean level says how quiet a place is: 128 ms, longer than the closure of a "t"."""

MARGIN_S = 0.3
"""Seconds before and after speech that the recognizer hears too: silero is late for soft consonants."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a recording."""

    start: int
    """First sample."""
    stop: int
    """Sample after the last."""
    speech: bool
    """False: nobody speaks in it."""


def quietest(levels: Sequence[float], first: int, last: int) -> int:
    """Return the boundary before a window, first..last, around which it is quietest; the last of equals.

    levels: of each window, in any unit that grows with loudness.
    """

    def loudness(at: int) -> float:
        near = levels[max(0, at - AROUND // 2) : at + AROUND // 2]
        return sum(near) / len(near)

    return min(range(last, first - 1, -1), key=loudness)


class Cutter:
    """Follows one recording, window by window of `VAD_WINDOW` samples."""

    def __init__(self, limit: int, pause: int, threshold: float) -> None:
        """Begin at sample 0.

        Args:
            limit: most samples of one part.
            pause: samples without speech that end a part.
            threshold: probability that counts as speech.

        Raises:
            ValueError: the limit is shorter than a second.
        """
        if limit < SAMPLE_RATE:
            raise ValueError(f"parts of at most {limit} samples; at least {SAMPLE_RATE} are needed")
        self._most = limit // VAD_WINDOW - 1  # the last part may take less than a window more
        self._pause = max(1, pause // VAD_WINDOW)
        self._margin = max(1, min(round(MARGIN_S * SAMPLE_RATE) // VAD_WINDOW, (self._pause + 1) // 2))
        self._threshold = threshold
        self._speaking = False
        self._start = 0  # of the part that is being made, in windows
        self._spoken: list[bool] = []
        self._levels: list[float] = []

    def update(self, probability: float, level: float) -> Part | None:
        """Take the next window; return the part that it completes, if any.

        Args:
            probability: that somebody speaks in it.
            level: its loudness, in any unit.
        """
        bar = self._threshold - HYSTERESIS if self._speaking else self._threshold
        self._speaking = probability >= bar
        self._spoken.append(self._speaking)
        self._levels.append(level)
        at = self._decide()
        return None if at is None else self._cut(at)

    def finish(self, end: int) -> list[Part]:
        """Return the last part, none of an empty recording; `end`: samples of the whole recording."""
        start = self._start * VAD_WINDOW
        if end <= start:
            return []
        return [Part(start, end, any(self._spoken))]  # less than a window may be in it that nobody looked at

    def _decide(self) -> int | None:
        """Return before which window of the part to cut now."""
        spoken, count = self._spoken, len(self._spoken)
        if True not in spoken:
            return count - self._margin if count >= self._most else None
        first = spoken.index(True)
        if first > self._margin and first == count - 1:  # silence so far, and somebody begins
            return first - self._margin
        quiet = self._quiet()
        if quiet >= self._pause:
            return count - quiet + self._margin
        if count >= self._most:
            return quietest(self._levels, count // 2, count - 1)
        return None

    def _quiet(self) -> int:
        """Return how many windows at the end are without speech."""
        count = 0
        for spoken in reversed(self._spoken):
            if spoken:
                break
            count += 1
        return count

    def _cut(self, at: int) -> Part:
        start, stop = self._start, self._start + at
        part = Part(start * VAD_WINDOW, stop * VAD_WINDOW, any(self._spoken[:at]))
        del self._spoken[:at], self._levels[:at]
        self._start = stop
        return part

"""Where somebody speaks in a stream without wake words: stretches of speech, one after the other. Pure.

Windows of the voice activity detection go in; where a stretch begins and ends comes out. Stretches never
overlap and no speech lies between them, so that nothing is recognized twice and nothing is left out.
"""

from dataclasses import dataclass

from edged.config.schema import Listen
from edged.geometry import SAMPLE_RATE, VAD_WINDOW
from edged.messages import EndpointReason
from edged.stages.listen.endpoint import HYSTERESIS, seconds_of

MARGIN = SAMPLE_RATE * 3 // 10
"""Samples before speech that belong to it: silero is late for soft consonants."""

SOFT = 0.75
"""Share of the longest stretch after which the first window without speech ends it."""


@dataclass(frozen=True, slots=True)
class Began:
    """A stretch begins at this sample, which may lie before the window that showed it."""

    start: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The stretch is over; the next one begins no earlier than `end`."""

    end: int
    reason: EndpointReason


Edge = Began | Ended


class Segmenter:
    """Follows one stream, window by window of `VAD_WINDOW` samples. All lengths are samples."""

    def __init__(self, trailing_silence: int, max_length: int, min_speech: int, threshold: float) -> None:
        """Begin at sample 0.

        Args:
            trailing_silence: silence that ends a stretch.
            max_length: longest stretch; one that is longer goes on in the next without a hole.
            min_speech: speech that makes a stretch: a click is none.
            threshold: probability that counts as speech.

        Raises:
            ValueError: the longest stretch is shorter than its margin and a few windows.
        """
        if max_length < 2 * MARGIN + min_speech:
            raise ValueError(f"stretches of at most {max_length} samples are too short")
        self._trailing_silence = trailing_silence
        self._max_length = max_length
        self._min_speech = min_speech
        self._threshold = threshold
        self._free = 0  # first sample that no stretch has
        self._start: int | None = None  # of the open stretch
        self._run = 0  # of speech windows without a hole, in samples
        self._speech_end = 0

    @classmethod
    def of(cls, listen: Listen, max_length: int, trailing_silence: str | float | None = None) -> "Segmenter":
        """Make the one that the configuration asks for, but for a `trailing_silence` that is given."""
        silence = listen.trailing_silence if trailing_silence is None else trailing_silence
        return cls(
            trailing_silence=round(seconds_of(silence) * SAMPLE_RATE),
            max_length=max_length,
            min_speech=listen.min_speech_ms * SAMPLE_RATE // 1000,
            threshold=listen.vad_threshold,
        )

    def update(self, end: int, probability: float) -> tuple[Edge, ...]:
        """Take the window that ends at sample `end`; windows follow each other without holes."""
        bar = self._threshold - HYSTERESIS if self._run else self._threshold
        if probability >= bar:
            self._run += VAD_WINDOW
            self._speech_end = end
        else:
            self._run = 0
        if self._start is None:
            if self._run < max(1, self._min_speech):
                return ()
            self._start = max(self._free, end - self._run - MARGIN)
            return (Began(self._start),)
        return self._follow(end, self._start)

    def finish(self, end: int) -> tuple[Edge, ...]:
        """No more sound comes after sample `end`."""
        return self._cut(end, "end_of_stream") if self._start is not None else ()

    def _follow(self, end: int, start: int) -> tuple[Edge, ...]:
        """Decide about the open stretch."""
        if end - self._speech_end >= self._trailing_silence:
            return self._cut(end, "silence")
        length = end - start
        if length + VAD_WINDOW > self._max_length:
            return self._cut(end, "max_length")  # who goes on to speak begins the next where this one ended
        if not self._run and length >= SOFT * self._max_length:
            return self._cut(end, "max_length")
        return ()

    def _cut(self, end: int, reason: EndpointReason) -> tuple[Edge, ...]:
        self._start, self._free = None, end
        return (Ended(end, reason),)

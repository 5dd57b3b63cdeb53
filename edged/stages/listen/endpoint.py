"""When a command is over: silence, nobody spoke, its text stands, too long. Pure: windows in, a reason out.

The voice activity decides. The text of a recognizer that decodes while somebody speaks may help it, in two
ways: where noise keeps the voice activity up, a text that stands ends the command (`stable`); where somebody
speaks too softly for it, a text that still grows keeps silence from ending it.

Texts come from another process and when they come is chance, so whoever hears a recording gives none: there
the voice activity decides alone, and the same sound ends at the same sample at any pace.
"""

from typing import Literal

from edged.config.schema import Listen
from edged.geometry import SAMPLE_RATE, VAD_WINDOW
from edged.messages import EndpointReason
from edged.stages.listen.phrases import Phrases
from edged.stages.listen.stability import Stability

PRESETS = {"aggressive": 0.25, "default": 0.7, "relaxed": 1.25}
"""Seconds of silence that end a command, as Home Assistant's `VadSensitivity` has them."""

Silence = Literal["aggressive", "default", "relaxed"] | float
"""A preset, or seconds."""

HYSTERESIS = 0.15
"""How far below the threshold speech must fall to be over; silero's own value (`VADIterator`)."""

TAIL_BEGINS = 128 * SAMPLE_RATE // 1000
TAIL_LASTS = 288 * SAMPLE_RATE // 1000
"""Samples: speech that begins within the first and is shorter than the second may be the wake word's end.

Measured with scripts/measure-command-cut's takes, 111 espeak "hey jarvis", lag 160 ms: at 192 ms 4 commands
were over in the pause for thought after the wake word, at 288 none; at 352 two commands of one word, spoken
at once, were lost.
"""

STOP_STANDS = 400 * SAMPLE_RATE // 1000
"""Samples for which a stop word must stand alone: `stop` is also how `stop the music` begins."""

GROWS = SAMPLE_RATE // 2
"""Samples since its last change for which a text counts as growing. Audio goes to the recognizer in pieces of
400 ms, so one that grows all the time may seem to stand that long.
"""


def seconds_of(trailing_silence: str | float) -> float:
    """Return the seconds of silence that a preset, or a number, stands for."""
    return PRESETS[trailing_silence] if isinstance(trailing_silence, str) else trailing_silence


class Endpointer:
    """Follows one command at a time. All lengths are samples."""

    def __init__(
        self,
        trailing_silence: int,
        no_speech_timeout: int,
        max_length: int,
        min_speech: int,
        threshold: float,
        stable: int = 0,
        stop_words: Phrases = Phrases(),  # noqa: B008 - never changes
    ) -> None:
        """`stable`: 0 leaves the text out of it; else never less than `trailing_silence`."""
        self._trailing_silence = trailing_silence
        self._no_speech_timeout = no_speech_timeout
        self._max_length = max_length
        self._min_speech = min_speech
        self._threshold = threshold
        self._stable = max(stable, trailing_silence) if stable else 0
        self._stop_words = stop_words
        self._text = Stability()
        self.start(0)

    @classmethod
    def of(
        cls,
        listen: Listen,
        sensitivity: Silence | None = None,
        no_speech_timeout_s: float | None = None,
    ) -> "Endpointer":
        """Make the endpointer that the configuration asks for.

        sensitivity: what one request asks for instead of `trailing_silence`, as front ends call it.
        no_speech_timeout_s: instead of the configuration's.
        """
        silence = listen.trailing_silence if sensitivity is None else sensitivity
        timeout_s = listen.no_speech_timeout_s if no_speech_timeout_s is None else no_speech_timeout_s
        return cls(
            trailing_silence=round(seconds_of(silence) * SAMPLE_RATE),
            no_speech_timeout=round(timeout_s * SAMPLE_RATE),
            max_length=round(listen.max_length_s * SAMPLE_RATE),
            min_speech=listen.min_speech_ms * SAMPLE_RATE // 1000,
            threshold=listen.vad_threshold,
            stable=round(listen.stable_s * SAMPLE_RATE),
            stop_words=Phrases(listen.stop_words),
        )

    @property
    def heard(self) -> bool:
        """Whether somebody has spoken, longer than a click."""
        return self._heard

    def start(self, at: int, after_word: bool = True) -> None:
        """Begin a command at sample `at`; `after_word`: a wake word ended there, and its end may linger."""
        self._at = at
        self._tail_until = at + TAIL_BEGINS if after_word else at
        self._speaking = False
        self._run = 0
        self._needed = self._min_speech
        self._heard = False
        self._speech_end = at
        self._reason: EndpointReason | None = None
        self._text.start(at)

    def read(self, heard: int, text: str) -> None:
        """Take the text so far of a recognizer that has heard everything before sample `heard`.

        To be told again and again, also while it stays the same; counts with the next window.
        """
        self._text.update(heard, text)

    def update(self, end: int, probability: float) -> EndpointReason | None:
        """Take one VAD window that ends at sample `end`; windows follow each other without holes.

        Returns why the command is over, from then on always the same, or None.
        """
        if self._reason is None:
            self._follow(end, probability)
            self._reason = self._decide(end)
        return self._reason

    def _follow(self, end: int, probability: float) -> None:
        bar = self._threshold - HYSTERESIS if self._speaking else self._threshold
        self._speaking = probability >= bar
        if not self._speaking:
            self._run = 0
            return
        if self._run == 0:
            may_be_tail = end - VAD_WINDOW < self._tail_until
            self._needed = max(self._min_speech, TAIL_LASTS) if may_be_tail else self._min_speech
        self._run += VAD_WINDOW
        self._speech_end = end
        self._heard = self._heard or self._run >= self._needed

    def _decide(self, end: int) -> EndpointReason | None:
        if self._text.stood >= STOP_STANDS and self._stop_words.match(self._text.text):
            return "stop_word"
        if self._heard and end - self._speech_end >= self._trailing_silence and not self._growing(end):
            return "silence"
        if not self._heard and not self._speaking and end - self._at >= self._no_speech_timeout:
            return "no_speech"
        if self._stands(end):
            return "stable"
        if end - self._at >= self._max_length:
            return "max_length"
        return None

    def _growing(self, end: int) -> bool:
        """The text changed so lately that silence may be a soft voice."""
        lately = end - self._text.changed < min(GROWS, self._trailing_silence)
        return bool(self._stable and self._text.text) and lately

    def _stands(self, end: int) -> bool:
        """The text stands in what may be noise; who thinks first, over a radio, has `no_speech_timeout`."""
        waited = end - self._at >= self._no_speech_timeout
        return bool(self._stable) and self._heard and waited and self._text.stood >= self._stable

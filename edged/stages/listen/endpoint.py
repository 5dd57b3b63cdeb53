"""When a command is over: silence after speech, nobody spoke, or too long. Pure: windows in, a reason out."""

from edged.config.schema import Listen
from edged.geometry import SAMPLE_RATE, VAD_WINDOW
from edged.messages import EndpointReason

PRESETS = {"aggressive": 0.25, "default": 0.7, "relaxed": 1.25}
"""Seconds of silence that end a command, as Home Assistant's `VadSensitivity` has them."""

HYSTERESIS = 0.15
"""How far below the threshold speech must fall to be over; silero's own value (`VADIterator`)."""

TAIL_BEGINS = 128 * SAMPLE_RATE // 1000
TAIL_LASTS = 288 * SAMPLE_RATE // 1000
"""Samples: speech that begins within the first and is shorter than the second may be the wake word's end.

Measured with scripts/measure-command-cut's takes, 111 espeak "hey jarvis", lag 160 ms: at 192 ms 4 commands
were over in the pause for thought after the wake word, at 288 none; at 352 two commands of one word, spoken
at once, were lost.
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
    ) -> None:
        self._trailing_silence = trailing_silence
        self._no_speech_timeout = no_speech_timeout
        self._max_length = max_length
        self._min_speech = min_speech
        self._threshold = threshold
        self.start(0)

    @classmethod
    def of(cls, listen: Listen) -> "Endpointer":
        """Make the endpointer that the configuration asks for."""
        return cls(
            trailing_silence=round(seconds_of(listen.trailing_silence) * SAMPLE_RATE),
            no_speech_timeout=round(listen.no_speech_timeout_s * SAMPLE_RATE),
            max_length=round(listen.max_length_s * SAMPLE_RATE),
            min_speech=listen.min_speech_ms * SAMPLE_RATE // 1000,
            threshold=listen.vad_threshold,
        )

    def start(self, at: int) -> None:
        """Begin a command at sample `at`, where the wake word ended."""
        self._at = at
        self._speaking = False
        self._run = 0
        self._needed = self._min_speech
        self._heard = False
        self._speech_end = at
        self._reason: EndpointReason | None = None

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
            may_be_tail = end - VAD_WINDOW - self._at < TAIL_BEGINS
            self._needed = max(self._min_speech, TAIL_LASTS) if may_be_tail else self._min_speech
        self._run += VAD_WINDOW
        self._speech_end = end
        self._heard = self._heard or self._run >= self._needed

    def _decide(self, end: int) -> EndpointReason | None:
        if self._heard and end - self._speech_end >= self._trailing_silence:
            return "silence"
        if not self._heard and not self._speaking and end - self._at >= self._no_speech_timeout:
            return "no_speech"
        if end - self._at >= self._max_length:
            return "max_length"
        return None

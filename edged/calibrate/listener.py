"""Sound to a record: each hop is cleaned, scored and gated as the daemon does it, and then forgotten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edged.backends.backend import Pcm, VadBackend
from edged.calibrate.peaks import Deciding, Peak, Peaks
from edged.calibrate.record import Heard
from edged.config.schema import Config
from edged.geometry import HOP_SECONDS, QUIET_HOPS, RING_SECONDS, SAMPLE_RATE
from edged.messages import Frame
from edged.runtime.cleaning import Cleaning
from edged.runtime.kit import Scorers
from edged.runtime.scorer import Scorer
from edged.runtime.words import Wake
from edged.stages.audio.framer import Framer
from edged.stages.audio.ring import Ring
from edged.stages.listen.speech import SpeechGate, SpeechMeter

GATED_FROM = 0.02
"""Score from which the speech gate is asked: what is lower is no peak that matters."""

When = Callable[[float], str]
"""From seconds ago to a time as it is kept."""


@dataclass(slots=True)
class _Word:
    wake: Wake
    heard: Heard
    deciding: Deciding
    peaks: Peaks
    pushed: int = 0

    def note(self, peak: Peak | None, when: When) -> None:
        if peak is not None:
            self.heard.add(peak.score, when((self.pushed - 1 - peak.hop) * HOP_SECONDS))

    def start(self) -> None:
        self.deciding, self.peaks, self.pushed = Deciding(self.wake.rule), Peaks(self.wake.rule), 0


class Listener:
    """Hears one stream at a time."""

    def __init__(
        self,
        config: Config,
        scorers: Scorers,
        words: Sequence[tuple[Wake, Heard]],
        vad: VadBackend | None,
    ) -> None:
        """`vad`: None where no word has a speech gate."""
        self._framer = Framer()
        self._cleaning = Cleaning(config.denoise.path)
        self._scorer = Scorer(scorers.features, scorers.heads, scorers.before)
        self._ring = Ring(RING_SECONDS * SAMPLE_RATE)
        self._lookback = round(config.heads.vad_lookback_s * SAMPLE_RATE)
        self._vad = vad
        self._gate = self._new_gate()
        self._words = [_Word(wake, heard, Deciding(wake.rule), Peaks(wake.rule)) for wake, heard in words]
        self._hops = 0
        self.heard_s = 0.0
        """Seconds of sound that counted, of all streams."""

    def feed(self, frame: Frame, when: When) -> None:
        """Hear a frame of any length; where sound is missing before it, everything starts afresh."""
        if frame.start != self._ring.end + len(self._framer.remainder):
            self.cut(when)
            self._ring.reset(frame.start)
        for hop in self._framer.push(frame.pcm):
            self._hop(hop, when)

    def cut(self, when: When) -> None:
        """End a stream: the next frame, whose `start` may be anything, is the first of another."""
        for word in self._words:
            word.note(word.peaks.end(), when)
            word.start()
        self._framer.reset()
        self._cleaning.reset()
        self._scorer.reset()
        self._ring.reset(0)
        self._gate = self._new_gate()
        self._hops = 0

    def _new_gate(self) -> SpeechGate | None:
        return None if self._vad is None else SpeechGate(SpeechMeter(self._vad.stream()), self._lookback)

    def _hop(self, pcm: Pcm, when: When) -> None:
        self._ring.push(pcm)
        (scores,) = self._scorer.push(self._cleaning.hop(pcm))
        self._hops += 1
        if self._hops <= QUIET_HOPS:
            return
        self.heard_s += HOP_SECONDS
        for word in self._words:
            decides = word.deciding.push(float(scores[word.wake.column]))
            gate = word.wake.rule.vad_threshold
            if gate > 0 and decides >= GATED_FROM and self._gate is not None:
                spoken = self._gate.highest(self._ring, self._ring.end)
                decides = decides if spoken >= gate else 0.0
            word.heard.hops += 1
            word.pushed += 1
            word.note(word.peaks.push(decides), when)

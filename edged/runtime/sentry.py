"""One stream in which only wake words are looked for: no command is cut, and no recognizer is asked.

What a satellite sends that does everything else itself. The decisions are those of the microphone's own path.
"""

import time
from collections.abc import Callable, Sequence

from edged.backends.backend import VadBackend
from edged.config.schema import Config
from edged.geometry import RING_SECONDS, SAMPLE_RATE
from edged.messages import Body, EndpointReason, Frame
from edged.runtime.decided import activation, suppressed
from edged.runtime.kit import Scorers
from edged.runtime.words import Wake
from edged.stages.audio.framer import Framer
from edged.stages.audio.ring import Ring
from edged.stages.features.features import Features
from edged.stages.features.history import History
from edged.stages.heads.activation import Activator, Heard, Held
from edged.stages.heads.scoring import Scoring
from edged.stages.listen.speech import WARM_UP, SpeechGate, SpeechMeter
from edged.stages.recognize.recognizer import Pcm

Say = Callable[[int, Body], object]
"""Sample at the end of the hop, and what happened in it."""


class Sentry:
    """Hears one stream. Used by one thread at a time."""

    def __init__(
        self, config: Config, scorers: Scorers, wakes: Sequence[Wake], vad: VadBackend, say: Say
    ) -> None:
        """Prepare.

        Args:
            config: rules of the speech gate.
            scorers: sound to scores.
            wakes: the words to look for.
            vad: asked where a word has a speech gate.
            say: takes what happens.
        """
        self._scorers = scorers
        self._say = say
        self._framer = Framer()
        self._features = Features(scorers.features.stream())
        self._history = History(scorers.before)
        self._scoring = Scoring(scorers.heads)
        self._words = tuple((wake.column, Activator(wake.rule)) for wake in wakes)
        lookback = round(config.heads.vad_lookback_s * SAMPLE_RATE)
        gated = any(wake.rule.vad_threshold > 0 for wake in wakes)
        # without a gate nothing of the past is asked for: 48 streams with a ring each would be 46 MB
        self._ring = Ring(min(RING_SECONDS * SAMPLE_RATE, lookback + WARM_UP + SAMPLE_RATE) if gated else 1)
        self._gate = SpeechGate(SpeechMeter(vad.stream()), lookback)
        self._end = 0

    def feed(self, frame: Frame) -> None:
        """Hear a frame of any length; one that does not follow the last starts everything afresh."""
        if frame.start != self._end + len(self._framer.remainder):
            self._skip(frame.start)
        for hop in self._framer.push(frame.pcm):
            self._hop(hop)

    def end(self, reason: EndpointReason) -> None:
        """No more sound comes: what was undecided is told."""
        self._undecided()

    def _hop(self, pcm: Pcm) -> None:
        began = time.perf_counter()
        self._end += len(pcm)
        self._ring.push(pcm)
        self._history.push(self._features.push(pcm))
        scores = self._scoring.score(self._history.rows, self._history.hops)
        for column, activator in self._words:
            self._decide(activator, float(scores[column]), began)

    def _decide(self, activator: Activator, score: float, began: float) -> None:
        wanted = activator.wants_speech(score)
        speech = self._gate.highest(self._ring, self._end) if wanted else None
        decision = activator.update(score, self._end, speech)
        if isinstance(decision, Heard):
            latency_ms = round((time.perf_counter() - began) * 1e3, 3)
            self._say(self._end, activation(activator.rule, decision, self._scorers.ran, latency_ms))
        elif decision is not None:
            self._say_held(activator, decision)

    def _skip(self, start: int) -> None:
        """Sound was lost: half-old state makes false activations."""
        self._undecided()
        self._framer.reset()
        self._features.reset()
        self._history.reset()
        self._ring.reset(start)
        self._end = start

    def _undecided(self) -> None:
        for _, activator in self._words:
            if (held := activator.reset()) is not None:
                self._say_held(activator, held)

    def _say_held(self, activator: Activator, held: Held) -> None:
        self._say(self._end, suppressed(activator.rule, held))

"""One stream of sound: hops in, events out.

Everything between a frame and an event happens here, in the caller's thread and in one order, so that
a recording gives the same events at any pace. Only the recognizer answers from elsewhere.
"""

import time

from edged.config.schema import Config
from edged.geometry import HOP, HOP_SECONDS, RING_SECONDS, SAMPLE_RATE
from edged.messages import (
    Asker,
    Body,
    EndpointReason,
    Frame,
    Gap,
    Muted,
    Scores,
    Triggered,
    Unmuted,
)
from edged.runtime.cleaning import Cleaning
from edged.runtime.clips.keeper import Keeper
from edged.runtime.clips.scene import scene
from edged.runtime.clips.witness import Witness
from edged.runtime.commands import Commands
from edged.runtime.decided import activation, suppressed
from edged.runtime.kit import Kit
from edged.runtime.listening import Listening
from edged.runtime.meter import Meter
from edged.runtime.outlets import Emit
from edged.runtime.tally import Tally, level_dbfs
from edged.runtime.timing import StageTimes, moment
from edged.stages.audio.framer import Framer
from edged.stages.audio.ring import Ring
from edged.stages.features.features import Features
from edged.stages.features.history import History
from edged.stages.heads.activation import Activator, Heard, Held
from edged.stages.heads.scoring import Scoring
from edged.stages.listen.speech import SpeechGate, SpeechMeter
from edged.stages.recognize.recognizer import Pcm


class Ear:
    """Hears one stream. Used by one thread at a time.

    `live`: sound comes at its own pace, so that texts may help to find the end of a command. When they come
    is chance, which has no part in what is heard of a recording.
    """

    def __init__(
        self,
        stream: str,
        kit: Kit,
        config: Config,
        emit: Emit,
        commands: Commands,
        times: StageTimes,
        meter: Meter | None = None,
        clips: Keeper | None = None,
        live: bool = False,
    ) -> None:
        self.stream = stream
        self.tally = Tally()
        self._kit = kit
        self._emit = emit
        self._commands = commands
        self._times = times
        self._cleaning = Cleaning(config.denoise.path)
        self._energy = meter
        self._framer = Framer()
        self._ring = Ring(RING_SECONDS * SAMPLE_RATE)
        self._features = Features(kit.scorers.features.stream())
        self._history = History(kit.scorers.before)
        self._scoring = Scoring(kit.scorers.heads)
        self._activators = tuple(Activator(wake.rule) for wake in kit.wakes)
        self._muted = False
        self.speech: tuple[int, float] | None = None
        """What the speech gate was told last, 0..1, and at which sample; None: it was never asked."""
        self._witness = Witness(
            scene(stream, self._ring, self._history, kit, self._activators, times, self._cleaning.of_wake),
            clips,
        )
        speech_meter = SpeechMeter(kit.vad.stream())
        self._listening = Listening(
            self._ring, speech_meter, self._cleaning, commands, self._witness, config.listen, live
        )
        self._settle(config)

    def obey(self, config: Config) -> None:
        """Go by another configuration of the same words from the next hop on.

        A command that is open ends by the rules it began with.
        """
        for activator, wake in zip(self._activators, self._kit.wakes_of(config.heads), strict=True):
            activator.obey(wake.rule)
        self._listening.obey(config.listen)
        self._settle(config)
        self._witness.obey()

    def feed(self, frame: Frame, arrived: float) -> None:
        """Hear a frame of any length; `arrived` is the perf_counter when its last sample was there."""
        lost = frame.start - self._ring.end - len(self._framer.remainder)
        if lost:
            self._skip(lost, frame)
        if self._muted:
            self._pass_over(frame.start + len(frame.pcm))
            return
        for hop in self._framer.push(frame.pcm):
            self._hop(hop, arrived)

    def end(self, reason: EndpointReason) -> None:
        """No more sound will come: an open command ends with what there is."""
        self._ring.push(self._framer.remainder)
        self._framer.reset()
        self._undecided()
        self._listening.end(reason)

    def cut(self, reason: EndpointReason) -> None:
        """No sound comes for now: an open command ends with what there is, nothing else does."""
        self._listening.end(reason)

    def mute(self, by: Asker) -> None:
        """Hear nothing from the next sample on; what waits for the rest of its hop is not heard either."""
        self._listening.end("muted")
        self._undecided()
        self._muted = True
        self._pass_over(self._ring.end + len(self._framer.remainder))
        self._forget()
        self.say(Muted(by))

    def unmute(self, by: Asker) -> None:
        """Hear again from the next sample on, as after a gap: nothing is known of what was said meanwhile."""
        self._muted = False
        self._witness.fresh(self._ring.end)
        self.say(Unmuted(by))

    def trigger(self, by: Asker) -> None:
        """Listen to a command now, as if a wake word had just ended; one that is open goes on."""
        if self._muted or self._listening.open:
            return
        self._emit(self.stream, self._commands.announce(), self._ring.end, Triggered(by))
        self._listening.trigger()

    @property
    def in_command(self) -> bool:
        """Whether a command is being spoken; from any thread."""
        return self._listening.open

    @property
    def muted(self) -> bool:
        """Whether it was told to hear nothing; from any thread."""
        return self._muted

    @property
    def sample(self) -> int:
        """Index after the newest sample heard; from any thread."""
        return self._ring.end

    def level_dbfs(self) -> float | None:
        """Return the RMS level of the newest 0.16 s, dBFS; None where there are none yet. From any thread."""
        end = self._ring.end
        try:
            return level_dbfs(self._ring.read(max(self._ring.start, end - 2 * HOP), end))
        except IndexError:  # sound was lost just now
            return None

    def say(self, body: Body) -> None:
        """Send an event that belongs to this stream but to no command."""
        self._emit(self.stream, None, self._ring.end, body)

    def say_stats(self) -> None:
        """Send the counters since the stream opened."""
        newest = self._ring.read(max(self._ring.start, self._ring.end - SAMPLE_RATE), self._ring.end)
        self.say(self.tally.stats(newest, self._times, self._kit.scorers.ran, self._energy))

    def _settle(self, config: Config) -> None:
        self._stats_every = max(1, round(config.telemetry.stats_s / HOP_SECONDS))
        lookback = round(config.heads.vad_lookback_s * SAMPLE_RATE)
        self._gate = SpeechGate(SpeechMeter(self._kit.vad.stream()), lookback)

    def _hop(self, pcm: Pcm, arrived: float) -> None:
        begun = moment()
        self._ring.push(pcm)
        heard = self._cleaning.hop(pcm)
        cleaned = moment()
        self._history.push(self._features.push(heard))
        embedded = moment()
        scores = self._scoring.score(self._history.rows, self._history.hops)
        scored = moment()
        self.tally.hops += 1
        for change in self._kit.changes.take():
            self.say(change)
        of_words = [float(scores[wake.column]) for wake in self._kit.wakes]
        self._say_scores(of_words)
        spans = (begun.wall, cleaned.wall, embedded.wall, scored.wall)
        self._witness.begin(self._ring.end, heard, scores, self._kit.scorers.ran, spans)
        self._listening.follow_up()
        for word, score in enumerate(of_words):
            self._decide(word, score, arrived)
        self._listening.advance()
        self._witness.finish()
        done, ran = moment(), self._kit.scorers.ran
        if self._cleaning.of_wake:
            self._times.span("denoise", begun, cleaned)
        self._times.span("features", cleaned, embedded, ran.features)
        self._times.span("heads", embedded, scored, ran.heads)
        self._times.span("listen", scored, done)
        self.tally.late_hops += done.wall - begun.wall > HOP_SECONDS
        if self.tally.hops % self._stats_every == 0:
            self.say_stats()

    def _decide(self, word: int, score: float, arrived: float) -> None:
        activator, now = self._activators[word], self._ring.end
        speech = self._gate.highest(self._ring, now) if activator.wants_speech(score) else None
        listening = self._listening.open and not (activator.rule.role == "wake" and self._listening.gives_way)
        if speech is not None:
            self.speech = (now, speech)
        before = activator.memory
        decision = activator.update(score, now, speech, listening)
        latency_ms = round((time.perf_counter() - arrived) * 1e3, 3)
        utterance = None
        if isinstance(decision, Heard) and activator.rule.role == "wake":
            self._listening.cancel("restarted_by_wake")
            utterance = self._commands.announce()
        clip = self._witness.considered(word, before, speech, listening, decision, latency_ms, utterance)
        if isinstance(decision, Heard) and activator.rule.role == "stop":
            self._listening.cancel("stop_word", activator.rule.word)
        elif isinstance(decision, Heard):
            self._open_command(activator, decision, latency_ms, utterance, clip)
        elif decision is not None:
            self._say_held(activator, decision, clip)

    def _say_held(self, activator: Activator, held: Held, clip: str | None) -> None:
        self.say(suppressed(activator.rule, held, clip))

    def _open_command(
        self, activator: Activator, heard: Heard, latency_ms: float, utterance: int | None, clip: str | None
    ) -> None:
        self.tally.activations += 1
        body = activation(activator.rule, heard, self._kit.scorers.ran, latency_ms, clip)
        self._emit(self.stream, utterance, self._ring.end, body)
        self._listening.wake(heard.end_sample)

    def _skip(self, lost: int, frame: Frame) -> None:
        """Sound was lost: half-old state makes false activations, so everything starts afresh behind it."""
        causes = self.tally.lose(lost, frame)
        self._ring.push(self._framer.remainder)
        self._framer.reset()
        self._listening.end("device_lost" if "device" in causes else "gap")
        self._undecided()
        self._ring.reset(frame.start)
        self._forget()
        for where, samples in causes.items():
            self.say(Gap(samples, where))

    def _pass_over(self, end: int) -> None:
        """Count sound up to sample `end` that nobody may hear; the ring keeps none of it."""
        self.tally.muted += end - self._ring.end
        self._framer.reset()
        self._ring.reset(end)

    def _forget(self) -> None:
        """Drop what the stages know of the sound so far."""
        self._witness.fresh(self._ring.end)
        self._cleaning.reset()
        self._features.reset()
        self._history.reset()

    def _undecided(self) -> None:
        for word, activator in enumerate(self._activators):
            held = activator.reset()
            if held is not None:
                self._say_held(activator, held, self._witness.undecided(word, held))
        self._witness.over()

    def _say_scores(self, of_words: list[float]) -> None:
        named = zip(self._kit.wakes, of_words, strict=True)
        by_word = {wake.rule.word: round(score, 4) for wake, score in named}
        self.say(Scores(by_word, self._scoring.warming(self._history.hops)))

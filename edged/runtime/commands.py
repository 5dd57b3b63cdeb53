"""The commands of one stream and the recognizer that answers them, each from its own thread."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edged.messages import (
    Endpoint,
    EndpointReason,
    Fallback,
    Final,
    Listening,
    Lost,
    Metrics,
    Partial,
    Recovered,
    Restarted,
)
from edged.runtime.clips.keeper import Keeper
from edged.runtime.meter import Meter
from edged.runtime.outlets import Emit
from edged.runtime.timing import StageTimes
from edged.stages.recognize import recognizer as recognizing
from edged.stages.recognize.recognizer import Options, Pcm, Recognizer


@dataclass(frozen=True, slots=True)
class _Ended:
    """An utterance that waits for its text."""

    sample: int
    at: float
    """perf_counter of the endpoint decision."""


AS_CONFIGURED = Options()

PATIENCE_S = 120.0
"""Seconds a recording waits for the text of one command before it goes on."""

LOOK_S = 0.1
"""Seconds between looks whether waiting for a text is still wanted."""


class Commands:
    """Opens, feeds and ends utterances; turns the recognizer's replies into events.

    `on_answer` is called once per utterance after its last event, with its number. `patient`: a recording
    waits for each text, since it can be played faster than any recognizer decodes. `meter` tells what each
    command cost; without one, nothing is told of energy. `clips` keeps what explains a command without text.
    """

    def __init__(
        self,
        stream: str,
        emit: Emit,
        times: StageTimes,
        on_answer: Callable[[int], object] = lambda utterance: None,
        patient: bool = False,
        meter: Meter | None = None,
        clips: Keeper | None = None,
    ) -> None:
        self._stream = stream
        self._emit = emit
        self._times = times
        self._on_answer = on_answer
        self._patient = patient
        self._hurried = False
        self._meter = meter
        self._clips = clips
        self._recognizer: Recognizer | None = None
        self._waiting: dict[int, _Ended] = {}
        self._lock = threading.Lock()
        self._count = 0
        self._heard_until = 0

    def attach(self, recognizer: Recognizer) -> None:
        """Give the recognizer that answers; without one, a command is only delimited."""
        self._recognizer = recognizer

    def announce(self) -> int:
        """Take the next utterance number: the activation itself already carries it."""
        self._count += 1
        if self._meter is not None:
            self._meter.begin(self._count)
        return self._count

    def open(self, start: int, now: int, asked: Options = AS_CONFIGURED) -> None:
        """Begin an utterance whose sound starts at sample `start`; its number was announced."""
        self._heard_until = start
        if self._recognizer is not None:
            self._recognizer.start(self._count, asked)
        self._emit(self._stream, self._count, now, Listening(start_sample=start))

    def accept(self, pcm: Pcm) -> None:
        """More sound of the open utterance."""
        self._heard_until += len(pcm)
        if self._recognizer is not None:
            self._recognizer.accept(self._count, pcm)

    def end(self, reason: EndpointReason, sample: int) -> None:
        """No more sound. The recognizer is asked even where nobody seemed to speak: a short word is lost
        to the voice activity now and then (2 of 154 measured), not to the recognizer.
        """
        utterance = self._count
        with self._lock:
            self._waiting[utterance] = _Ended(sample, time.perf_counter())
        self._emit(self._stream, utterance, sample, Endpoint(reason))
        if self._recognizer is None:
            self._answer(utterance)
        else:
            self._recognizer.finish(utterance)
            self._drain(self._recognizer, PATIENCE_S, lambda: not self._patient)

    def be_impatient(self) -> None:
        """The run ends: no recording waits for a text any more, but `finish` does."""
        self._patient = False

    def hurry(self) -> None:
        """Let `finish` wait no longer; from any thread."""
        self._hurried = True

    def finish(self, timeout_s: float) -> None:
        """Wait for what has no text yet; what gets none in time is said to be lost."""
        if self._recognizer is None or self._drain(self._recognizer, timeout_s, lambda: self._hurried):
            return
        why = (
            "told to stop at once"
            if self._hurried
            else f"no text within {timeout_s:g} s of the end of the run"
        )
        for utterance in tuple(self._waiting):
            self.replied(recognizing.Lost(utterance, why))

    def _drain(self, recognizer: Recognizer, timeout_s: float, given_up: Callable[[], bool]) -> bool:
        """Wait until every utterance was answered; False if time ran out or it is not wanted any more."""
        until = time.monotonic() + timeout_s
        while not given_up():
            if recognizer.drain(LOOK_S):
                return True
            if time.monotonic() >= until:
                return False
        return False

    def replied(self, reply: recognizing.Reply) -> None:
        """Turn what the recognizer says into events; called from its thread."""
        match reply:
            case recognizing.Partial(utterance, text):
                self._emit(self._stream, utterance, self._heard_until, Partial(text))
            case recognizing.Final():
                self._final(reply)
            case recognizing.Lost(utterance, reason):
                clip = self._clips.lost(self._stream, utterance, reason) if self._clips else None
                self._emit(self._stream, utterance, self._place(utterance), Lost(reason, clip))
                self._answer(utterance)
            case recognizing.Restarted(reason):
                number = self._count or None
                self._emit(self._stream, number, self._heard_until, Restarted("recognize", reason))
            case recognizing.Switched(before, now, reason, worse):
                change = Fallback if worse else Recovered
                body = change("recognize", before, now, reason)
                self._emit(self._stream, self._count or None, self._heard_until, body)

    def _final(self, reply: recognizing.Final) -> None:
        with self._lock:
            ended = self._waiting.get(reply.utterance)
        latency = (time.perf_counter() - ended.at) * 1e3 if ended else None
        ran = reply.ran or (self._recognizer.capabilities if self._recognizer else None)
        energy = self._meter.end(reply.utterance, reply.cpu_s) if self._meter else None
        audio_s, cpu_s = round(reply.audio_s, 4), round(reply.cpu_s, 6)
        metrics = Metrics(
            audio_duration=audio_s,
            processing_time=cpu_s,
            rtf=cpu_s / audio_s if audio_s else 0.0,
            backend=ran.provider if ran else "none",
            device=(ran.device or ran.provider) if ran else "none",
            model=ran.model if ran else None,
            latency_ms=round(latency, 3) if latency is not None else None,
            stages_ms=dict(self._times.medians()),
            energy_j=round(energy.joules, 6) if energy else None,
            energy_source=energy.source if energy else None,
        )
        heard = reply.transcript
        final = Final(heard.text, heard.words, metrics, heard.confidence, heard.notes)
        self._emit(self._stream, reply.utterance, self._place(reply.utterance), final)
        self._answer(reply.utterance)

    def _place(self, utterance: int) -> int:
        with self._lock:
            ended = self._waiting.get(utterance)
        return ended.sample if ended else self._heard_until

    def _answer(self, utterance: int) -> None:
        with self._lock:
            self._waiting.pop(utterance, None)
        if self._meter is not None:
            self._meter.forget(utterance)
        if self._clips is not None:
            self._clips.commands.answered(self._stream, utterance)
        self._on_answer(utterance)

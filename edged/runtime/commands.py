"""The commands of one stream and the recognizer that answers them, each from its own thread."""

import time
from collections.abc import Callable

from edged.config.schema import Listen
from edged.messages import (
    Cancelled,
    CancelledReason,
    Endpoint,
    EndpointReason,
    Fallback,
    Final,
    Listening,
    ListeningCause,
    Lost,
    Partial,
    Recovered,
    Restarted,
)
from edged.runtime.bill import bill
from edged.runtime.clips.keeper import Keeper
from edged.runtime.follow_up import FollowUps
from edged.runtime.meter import Meter
from edged.runtime.outlets import Emit
from edged.runtime.timing import StageTimes
from edged.runtime.utterances import Ended, Open, Utterances
from edged.stages.listen.phrases import Phrases
from edged.stages.recognize import recognizer as recognizing
from edged.stages.recognize.recognizer import Options, Pcm, Recognizer

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
    `gpu_bytes` returns what is held on the GPU; None where no stage runs there.
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
        gpu_bytes: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._stream = stream
        self._emit = emit
        self._times = times
        self._on_answer = on_answer
        self._patient = patient
        self._hurried = False
        self._meter = meter
        self._clips = clips
        self._gpu_bytes = gpu_bytes
        self._recognizer: Recognizer | None = None
        self._utterances = Utterances()
        self._said: tuple[int, str] | None = None
        self._stop_words = Phrases()
        self._follow_ups = FollowUps()
        self._count = 0
        self._heard_until = 0

    def attach(self, recognizer: Recognizer) -> None:
        """Give the recognizer that answers; without one, a command is only delimited."""
        self._recognizer = recognizer

    def obey(self, listen: Listen) -> None:
        """Go by other stop words and another follow-up from now on."""
        self._stop_words = Phrases(listen.stop_words)
        self._follow_ups.obey(listen)

    def follow_up(self, oldest: int, now: int) -> int | None:
        """Return, once, the sample from which to listen without a wake word; see `FollowUps.take`."""
        return self._follow_ups.take(self._count, oldest, now)

    @property
    def text(self) -> tuple[int, str] | None:
        """The text so far of the open utterance, behind the sample before which all of it was heard."""
        return self._utterances.text

    @property
    def newest(self) -> int:
        """Number of the newest utterance that was announced; 0: none was."""
        return self._count

    def announce(self) -> int:
        """Take the next utterance number: the activation itself already carries it."""
        self._count += 1
        if self._meter is not None:
            self._meter.begin(self._count)
        return self._count

    def open(
        self, start: int, now: int, asked: Options = AS_CONFIGURED, cause: ListeningCause = "wake"
    ) -> None:
        """Begin an utterance whose sound starts at sample `start`; its number was announced.

        Of a follow-up the recognizer hears nothing, not even that there is one, before there is sound of it.
        """
        self._heard_until = start
        self._follow_ups.began(cause)
        opened = Open(self._count, start, asked)
        self._utterances.begin(opened)
        if cause != "follow_up":
            self._ask(opened)
        self._emit(self._stream, self._count, now, Listening(start, cause))

    def accept(self, pcm: Pcm) -> None:
        """More sound of the open utterance."""
        opened = self._utterances.open
        if opened is None or not len(pcm):
            return
        self._heard_until += len(pcm)
        if not opened.asked:
            self._ask(opened)
        if self._recognizer is not None:
            self._recognizer.accept(opened.number, pcm)

    def end(self, reason: EndpointReason, sample: int, followed_from: int | None = None) -> None:
        """No more sound. The recognizer is asked even where nobody seemed to speak: a short word is lost
        to the voice activity now and then (2 of 154 measured), not to the recognizer.

        followed_from: sample at which a follow-up may begin if a text comes; None: none may.
        """
        utterance = self._count
        ended = Ended(sample, time.perf_counter(), followed_from)
        waits = self._utterances.end(utterance, ended)
        self._emit(self._stream, utterance, sample, Endpoint(reason))
        if self._recognizer is None:
            self._answer(utterance)
        elif waits:
            self._recognizer.finish(utterance)
            self._drain(self._recognizer, PATIENCE_S, lambda: not self._patient)

    def cancel(
        self, reason: EndpointReason, sample: int, why: CancelledReason, text: str | None = None
    ) -> None:
        """No more sound, and no text is wanted: whatever the recognizer says of it is not told.

        text: the stop word, where there was one.
        """
        utterance = self._count
        self._emit(self._stream, utterance, sample, Endpoint(reason))
        opened = self._utterances.open
        if self._recognizer is not None and opened is not None and opened.asked:
            self._recognizer.cancel(utterance)
        if self._utterances.drop():
            self._emit(self._stream, utterance, sample, Cancelled(why, text))
            self._answer(utterance)

    def _ask(self, opened: Open) -> None:
        opened.asked = True
        if self._recognizer is not None:
            self._recognizer.start(opened.number, opened.options)

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
        for utterance in self._utterances.waiting:
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
            case recognizing.Partial():
                self._partial(reply)
            case recognizing.Final():
                self._final(reply)
            case recognizing.Lost(utterance, reason):
                self._utterances.lose(utterance)
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

    def _partial(self, reply: recognizing.Partial) -> None:
        self._utterances.read(reply.utterance, reply.heard_s, reply.text)
        said, self._said = self._said, (reply.utterance, reply.text)
        if said != self._said:  # else it only stood for a while
            self._emit(self._stream, reply.utterance, self._heard_until, Partial(reply.text))

    def _final(self, reply: recognizing.Final) -> None:
        ended = self._utterances.ended(reply.utterance)
        energy = self._meter.end(reply.utterance, reply.cpu_s) if self._meter else None
        text = reply.transcript.text
        if self._stop_words.match(text):
            void = Cancelled("stop_word", text)
            self._emit(self._stream, reply.utterance, self._place(reply.utterance), void)
            self._answer(reply.utterance)
            return
        latency_ms = (time.perf_counter() - ended.at) * 1e3 if ended else None
        ran = reply.ran or (self._recognizer.capabilities if self._recognizer else None)
        metrics = bill(reply, ran, latency_ms, self._times.medians(), energy, self._gpu_bytes())
        heard = reply.transcript
        final = Final(text, heard.words, metrics, heard.confidence, heard.notes)
        self._emit(self._stream, reply.utterance, self._place(reply.utterance), final)
        if text and ended is not None and ended.followed_from is not None:
            self._follow_ups.answered(reply.utterance, ended.followed_from)
        self._answer(reply.utterance)

    def _place(self, utterance: int) -> int:
        ended = self._utterances.ended(utterance)
        return ended.sample if ended else self._heard_until

    def _answer(self, utterance: int) -> None:
        self._utterances.answer(utterance)
        if self._meter is not None:
            self._meter.forget(utterance)
        if self._clips is not None:
            self._clips.commands.answered(self._stream, utterance)
        self._on_answer(utterance)

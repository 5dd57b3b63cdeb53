"""One spoken command, from where listening began to its endpoint: each sample is handed on once."""

import numpy as np

from edged.backends.backend import Pcm
from edged.messages import EndpointReason, ListeningCause
from edged.stages.listen.endpoint import Endpointer
from edged.stages.listen.recent import Recent
from edged.stages.listen.speech import SpeechMeter


class Command:
    """Listens to one command; made by what begins it, dropped when `reason` is set.

    A follow-up is a guess that somebody goes on speaking: until somebody does, nothing of it is handed on.
    The VAD starts fresh where the wake word ended, not before it: one that has heard the word holds on to
    it (measured: with a warm VAD 55 % instead of 9 % of the words left 96 ms of "speech" behind).
    """

    def __init__(
        self,
        recent: Recent,
        word_end: int,
        pre_roll: int,
        meter: SpeechMeter,
        endpointer: Endpointer,
        cause: ListeningCause = "wake",
    ) -> None:
        """Open at sample `word_end` minus `pre_roll`, or at the oldest sound held where that is later.

        `word_end` may lie ahead of the sound (a head that is early): until then nothing is handed on. Of
        other causes than a wake word it is where listening begins.
        """
        self._recent = recent
        self._meter = meter
        self._endpointer = endpointer
        self.cause = cause
        self.start = max(word_end - pre_roll, recent.start)
        """First sample of the command's audio."""
        self.position = self.start
        """First sample not handed on yet; in the end, the one after the command."""
        self.reason: EndpointReason | None = None
        """Why the command is over, or None."""
        word_end = max(word_end, recent.start)
        meter.restart(word_end)
        endpointer.start(word_end, after_word=cause == "wake")

    @property
    def silent(self) -> bool:
        """True of a follow-up in which nobody has spoken yet."""
        return self.cause == "follow_up" and not self._endpointer.heard

    def read(self, heard: int, text: str) -> None:
        """Take the text so far of a recognizer that has heard everything before sample `heard`."""
        self._endpointer.read(heard, text)

    def advance(self) -> Pcm:
        """Take what the ring holds by now; return the samples not handed on before, shape (n,), n >= 0.

        Where the command ends in them, they stop at the window that decided and `reason` is set; after
        that nothing is handed on.

        Raises:
            IndexError: samples left the ring before they were handed on.
            ProviderFailed: the VAD broke; the command can still be stopped.
        """
        if self.reason is not None:
            return np.empty(0, np.int16)
        until = self._recent.end
        for end, probability in self._meter.advance(self._recent, until):
            self.reason = self._endpointer.update(end, probability)
            if self.reason is not None:
                until = end
                break
        return self._hand_on(until)

    def stop(self, reason: EndpointReason) -> Pcm:
        """End the command from outside; return what the ring holds of it and was not handed on.

        For `gap`, `end_of_stream`, `stop_word`, …: call it before a gap resets the ring. A command that is
        over keeps its reason.
        """
        if self.reason is not None:
            return np.empty(0, np.int16)
        self.reason = reason
        return self._hand_on(self._recent.end)

    def _hand_on(self, until: int) -> Pcm:
        if self.silent:
            until = self.position
        start, self.position = self.position, max(self.position, until)
        return self._recent.read(start, until) if until > start else np.empty(0, np.int16)

"""The command that is being spoken to one stream: what begins and ends it, and what is handed on of it.

A wake word, a trigger or the text of the one before begins it; silence, a stop word, another wake word or the
end of the sound ends it.
"""

import numpy as np

from edged.config.schema import Listen
from edged.geometry import SAMPLE_RATE
from edged.messages import EndpointReason, ListeningCause
from edged.runtime.cleaning import Cleaning
from edged.runtime.clips.witness import Witness
from edged.runtime.commands import Commands
from edged.stages.audio.ring import Ring
from edged.stages.listen.endpoint import Endpointer
from edged.stages.listen.speech import SpeechMeter
from edged.stages.listen.utterance import Command
from edged.stages.recognize.recognizer import Options, Pcm

SECOND_WORD = SAMPLE_RATE // 2
"""Samples after an activation in which another is the same word, heard by another head."""


class Listening:
    """At most one command at a time. Used by its ear's thread; `open` by any.

    `live`: see `Ear`. Of each command the number was announced before.
    """

    def __init__(
        self,
        ring: Ring,
        meter: SpeechMeter,
        cleaning: Cleaning,
        commands: Commands,
        witness: Witness,
        listen: Listen,
        live: bool,
    ) -> None:
        self._ring = ring
        self._meter = meter
        self._cleaning = cleaning
        self._commands = commands
        self._witness = witness
        self._live = live
        self._command: Command | None = None
        self._opened = 0
        self._yields = False
        self._followed_until = 0
        """Sample at which it is too late to follow up the last command, by what was asked when it ended."""
        self.obey(listen)

    def obey(self, listen: Listen) -> None:
        """Go by these rules from now on; a command that is open ends by those it began with."""
        self._listen = listen
        self._commands.obey(listen)
        self._options = Options(again=self._live and bool(listen.stable_s or listen.stop_words))
        self._follow_up_lasts = round(listen.follow_up_s * SAMPLE_RATE)
        self._pre_roll = listen.pre_roll_ms * SAMPLE_RATE // 1000

    @property
    def open(self) -> bool:
        """Whether a command is being spoken."""
        return self._command is not None

    @property
    def gives_way(self) -> bool:
        """Whether a wake word may end the open command and begin another."""
        same_word = self._ring.end - self._opened < SECOND_WORD
        return self._yields and not (
            same_word and self._command is not None and self._command.cause == "wake"
        )

    def wake(self, end_sample: int) -> None:
        """Begin where a wake word ended, which may lie behind or ahead."""
        self._begin(end_sample, self._pre_roll, "wake")

    def trigger(self) -> None:
        """Begin now, as if a wake word had just ended."""
        self._begin(self._ring.end, self._pre_roll, "trigger")

    def follow_up(self) -> None:
        """Begin without a wake word where a command was just answered and no other has begun."""
        if self._command is None:
            start = self._commands.follow_up(self._ring.start, self._ring.end)
            if start is not None and self._ring.end < self._followed_until:
                self._commands.announce()
                self._begin(start, 0, "follow_up", self._listen.follow_up_s)

    def advance(self) -> None:
        """Hand on what the ring holds by now, and end the command where that ends it."""
        if self._command is not None:
            if self._live and (text := self._commands.text) is not None:
                self._command.read(*text)
            self._hand_on(self._command, self._command.advance())
            self._close()

    def end(self, reason: EndpointReason) -> None:
        """End an open command with what there is."""
        if self._command is not None:
            new = self._command.advance()
            rest = self._command.stop(reason)
            self._hand_on(self._command, np.concatenate([new, rest]))
            self._close()

    def cancel(self, reason: EndpointReason, word: str | None = None) -> None:
        """End an open command for good: no text of it is wanted. `word`: the stop word that was heard."""
        if self._command is not None:
            self._hand_on(self._command, self._command.stop(reason))
            self._close(word)

    def _begin(
        self, sample: int, pre_roll: int, cause: ListeningCause, no_speech_timeout_s: float | None = None
    ) -> None:
        endpointer = Endpointer.of(self._listen, no_speech_timeout_s=no_speech_timeout_s)
        self._command = Command(self._ring, sample, pre_roll, self._meter, endpointer, cause)
        self._opened = self._ring.end
        self._yields = cause == "follow_up" or self._listen.on_wake == "restart"
        self._cleaning.open(self._ring, self._command.start)
        self._witness.command_opened(self._commands.newest, self._command.start, cause)
        self._commands.open(self._command.start, self._ring.end, self._options, cause)

    def _hand_on(self, command: Command, pcm: Pcm) -> None:
        self._commands.accept(self._cleaning.command(pcm, last=command.reason is not None))

    def _close(self, word: str | None = None) -> None:
        command, now = self._command, self._ring.end
        if command is None or command.reason is None:
            return
        self._command = None
        followed_from = command.position if command.reason == "silence" else None
        self._followed_until = now if followed_from is None else followed_from + self._follow_up_lasts
        self._witness.command_closed(now, self._followed_until)
        if command.reason == "stop_word":
            text = self._commands.text
            self._commands.cancel(command.reason, now, "stop_word", word or (text[1] if text else None))
        elif command.reason == "restarted_by_wake":
            self._commands.cancel(command.reason, now, "restarted_by_wake")
        elif command.silent:
            self._commands.cancel(command.reason, now, "no_speech")
        else:
            self._commands.end(command.reason, now, followed_from)

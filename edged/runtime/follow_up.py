"""Whether listening opens again after a command, without the wake word: a text was given, and lately enough.

What follows begins in the sound where the command ended, whenever its text came: the ring still holds it, so
who goes on speaking at once is heard whole, and a recording gives the same sound at any pace.
"""

import threading
from dataclasses import dataclass

from edged.config.schema import Listen
from edged.geometry import SAMPLE_RATE
from edged.messages import ListeningCause


@dataclass(frozen=True, slots=True)
class _Answered:
    """The newest command that was given a text."""

    utterance: int
    end: int
    """Sample after its sound."""


class FollowUps:
    """Of one stream. `answered` comes from the recognizer's thread, all else from the path's."""

    def __init__(self) -> None:
        self._lasts = 0
        self._most = 0
        self._in_a_row = 0
        self._lock = threading.Lock()
        self._answered: _Answered | None = None

    def obey(self, listen: Listen) -> None:
        """Go by this configuration from the next text on."""
        self._lasts = round(listen.follow_up_s * SAMPLE_RATE)
        self._most = listen.follow_up_max

    def began(self, cause: ListeningCause) -> None:
        """A command began: whatever came before has no follow-up any more."""
        self._in_a_row = self._in_a_row + 1 if cause == "follow_up" else 0
        with self._lock:
            self._answered = None

    def answered(self, utterance: int, end: int) -> None:
        """Note that a command whose sound ended before sample `end`, with silence, was given a text."""
        if self._lasts:
            with self._lock:
                self._answered = _Answered(utterance, end)

    def take(self, newest: int, oldest: int, now: int) -> int | None:
        """Return the sample from which to listen for a follow-up, once; else None.

        Args:
            newest: number of the newest utterance: only that is followed up.
            oldest: first sample still held, and behind any gap.
            now: sample after the newest sound.
        """
        with self._lock:
            answered, self._answered = self._answered, None
        if answered is None or answered.utterance != newest or self._in_a_row >= self._most:
            return None
        late = answered.end < oldest or now - answered.end >= self._lasts
        return None if late else answered.end

"""One recognizer among those that can answer an utterance: the best first, each less wanted than the last."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edged.backends.select import pause_s
from edged.stages.recognize.recognizer import OnReply, Recognizer

Kind = Literal["accelerated", "usual", "smaller", "remote"]

LOSSES = 3
"""Utterances in a row that a recognizer may lose before others are asked first. Of what another
configuration calls an accelerator, one is enough."""


@dataclass(slots=True, eq=False)
class Rung:
    """Changed only by its chain, under the chain's lock."""

    name: str
    """What events call it: `rknn`, `cpu`, the smaller model's name, `wyoming`."""
    kind: Kind
    open: Callable[[OnReply], Recognizer]
    """Takes its time.

    Raises:
        EdgedError: it cannot serve.
    """
    recognizer: Recognizer | None = None
    lost: int = 0
    """In a row."""
    failures: int = 0
    """Times in a row that it was not asked any more."""
    due: float = 0.0
    """Clock from which it may be asked again."""

    def may(self, now: float) -> bool:
        """Return whether it may be asked."""
        return now >= self.due

    def answered(self) -> None:
        """Note a text."""
        self.lost = self.failures = 0

    def missed(self, now: float) -> bool:
        """Note a lost utterance; True if others are asked first from now on."""
        self.lost += 1
        if self.lost < (1 if self.kind == "accelerated" else LOSSES):
            return False
        self.give_up(now)
        return True

    def give_up(self, now: float) -> None:
        """Ask others first for a while."""
        self.lost = 0
        self.failures += 1
        self.due = now + pause_s(self.failures)

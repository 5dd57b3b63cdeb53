"""Which utterance of one stream is open, and which wait for their text: told by two threads.

The path opens and ends them; the recognizer's thread reads texts into them and has them answered.
"""

import threading
from dataclasses import dataclass

from edged.geometry import SAMPLE_RATE
from edged.stages.recognize.recognizer import Options


@dataclass(frozen=True, slots=True)
class Ended:
    """An utterance that waits for its text."""

    sample: int
    at: float
    """perf_counter of the endpoint decision."""
    followed_from: int | None
    """Where a follow-up of it would begin; None: it has none."""


@dataclass(slots=True)
class Open:
    """The utterance that is being spoken."""

    number: int
    start: int
    """Sample at which its sound starts."""
    options: Options
    asked: bool = False
    """The recognizer knows of it; of the path's thread alone."""
    text: tuple[int, str] | None = None
    """The newest text and the sample before which the recognizer had heard everything."""
    lost: bool = False
    """It was said already that no text will come; its sound alone decides where it ends."""


class Utterances:
    """At most one is open, any number wait: the recognizer bounds them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: Open | None = None
        self._waiting: dict[int, Ended] = {}

    @property
    def open(self) -> Open | None:
        """What is being spoken."""
        return self._open

    @property
    def text(self) -> tuple[int, str] | None:
        """The text so far of the open one, behind the sample before which all of it was heard."""
        with self._lock:
            return self._open.text if self._open is not None else None

    @property
    def waiting(self) -> tuple[int, ...]:
        """Numbers of those that have no text yet, oldest first."""
        with self._lock:
            return tuple(self._waiting)

    def begin(self, opened: Open) -> None:
        """This one is open from now on."""
        with self._lock:
            self._open = opened

    def end(self, number: int, ended: Ended) -> bool:
        """None is open any more; this one waits for its text. False: it was said that none will come."""
        with self._lock:
            lost = self._open is not None and self._open.lost
            if not lost:
                self._waiting[number] = ended
            self._open = None
            return not lost

    def drop(self) -> bool:
        """None is open any more, and no text is waited for. False: it was said that none will come."""
        with self._lock:
            lost = self._open is not None and self._open.lost
            self._open = None
            return not lost

    def read(self, number: int, heard_s: float, text: str) -> None:
        """Note the text of the first seconds of an utterance; of none but the open one it counts."""
        with self._lock:
            opened = self._open
            if opened is not None and opened.number == number:
                opened.text = (opened.start + round(heard_s * SAMPLE_RATE), text)

    def lose(self, number: int) -> None:
        """Note that no text will come; of the one that is open."""
        with self._lock:
            if self._open is not None and self._open.number == number:
                self._open.lost = True

    def ended(self, number: int) -> Ended | None:
        """Return how one ended that waits for its text; None where it does not."""
        with self._lock:
            return self._waiting.get(number)

    def answer(self, number: int) -> None:
        """It does not wait any more."""
        with self._lock:
            self._waiting.pop(number, None)

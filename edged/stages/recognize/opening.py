"""Opens the recognizers of a ladder when they are wanted, and gives up those that nobody needs.

A model takes its time to load: no lock is held meanwhile.
"""

import logging
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager

from edged.errors import EdgedError
from edged.stages.recognize.ladder import Ladder
from edged.stages.recognize.recognizer import Recognizer, Reply, Switched
from edged.stages.recognize.rung import Rung

log = logging.getLogger(__name__)


class Opening:
    """Used by one thread at a time."""

    def __init__(
        self,
        ladder: Ladder,
        lock: AbstractContextManager[object],
        clock: Callable[[], float],
        hear: Callable[[Rung, Reply], None],
    ) -> None:
        """Prepare.

        Args:
            ladder: whose recognizers.
            lock: under which the ladder is changed.
            clock: seconds.
            hear: told what each of them says.
        """
        self._ladder = ladder
        self._lock = lock
        self._clock = clock
        self._hear = hear

    def first(self) -> Switched | None:
        """Open the first that can serve; return what is to be said of those that cannot.

        Raises:
            EdgedError: one that is no accelerator cannot be opened.
        """
        before: Rung | None = None
        for rung in self._ladder.rungs:
            try:
                self._open(rung)
            except EdgedError as exc:
                if rung.kind != "accelerated":
                    raise
                self._ladder.pass_over(rung, exc, self._clock())
                before = rung
                continue
            self._ladder.serving = rung
            if before is None:
                return None
            reason = self._ladder.reason
            log.warning("recognize: %s instead of %s: %s", rung.name, before.name, reason)
            return Switched(before.name, rung.name, reason, worse=True)
        raise AssertionError("a chain of nothing but accelerators")

    def have(self, rung: Rung) -> bool:
        """Open one that is not open; False if it cannot be. The reason is logged."""
        if rung.recognizer is not None:
            return True
        try:
            self._open(rung)
        except EdgedError as exc:
            log.warning("recognize: %s cannot be asked: %s", rung.name, exc)
            with self._lock:
                self._ladder.pass_over(rung, exc, self._clock())
            return False
        return True

    def wanted(self) -> Rung:
        """Open who should be asked, or else the next; return one that is open where any can be."""
        rung = self._wanted()
        while not self.have(rung):
            after = self._wanted()
            if after is rung:
                break
            rung = after
        return rung

    def give_up(self, answering: Collection[Rung | None]) -> list[Recognizer]:
        """Return the recognizers that are spare, to be closed; the lock must be held."""
        spare = self._ladder.spare(answering)
        idle = [rung.recognizer for rung in spare if rung.recognizer is not None]
        for rung in spare:
            rung.recognizer = None
        return idle

    def _open(self, rung: Rung) -> None:
        recognizer = rung.open(lambda reply: self._hear(rung, reply))
        with self._lock:
            rung.recognizer = recognizer

    def _wanted(self) -> Rung:
        with self._lock:
            return self._ladder.wanted(self._clock())

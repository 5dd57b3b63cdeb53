"""Which of several recognizers is asked: the best that may be, a smaller one while there is too much to do.

Pure: it is told what happened and when, and opens nothing.
"""

import math
from collections.abc import Collection, Sequence

from edged.backends.verdict import Hopeless
from edged.errors import EdgedError, ProviderError
from edged.stages.recognize import strain
from edged.stages.recognize.recognizer import Lost, Switched
from edged.stages.recognize.rung import Rung


class Ladder:
    """Recognizers, the best first. Used under its chain's lock."""

    def __init__(self, rungs: Sequence[Rung], hurried: bool = True, smaller_above_c: float = 0.0) -> None:
        """`rungs`, `hurried`, `smaller_above_c`: see `ChainedRecognizer`."""
        self.rungs = tuple(rungs)
        self.serving = self.rungs[0]
        """Who is asked now."""
        self.reason = ""
        """What was wrong last."""
        self._hurried = hurried
        self._limit_c = smaller_above_c
        self._strain = strain.Strain()

    def answered(self, rung: Rung, audio_s: float, took_s: float, now: float) -> None:
        """Note a text: how long its sound was, and how long it took, the longer of work and waiting."""
        rung.answered()
        if self._hurried and rung.kind in ("accelerated", "usual"):
            self._strain = strain.answered(self._strain, audio_s, took_s, now)

    def lost(self, rung: Rung, reply: Lost, now: float) -> bool:
        """Note a lost utterance; True if others are asked first from now on."""
        self.reason = reply.reason
        if reply.code == "busy":
            self._strain = strain.refused(self._strain, now)
            return False
        return rung.missed(now)

    def felt(self, celsius: float | None, now: float) -> None:
        """Note the temperature, None where the machine does not tell, and the passing of time."""
        self._strain = strain.felt(self._strain, celsius, self._limit_c, now)

    def pass_over(self, rung: Rung, exc: EdgedError, now: float) -> None:
        """Note that one cannot be opened: others are asked first, for good where there is no hope."""
        rung.give_up(now)
        if isinstance(exc, Hopeless):
            rung.due = math.inf
        self.reason = exc.reason if isinstance(exc, ProviderError) else str(exc)

    def wanted(self, now: float) -> Rung:
        """Return who should be asked."""
        able = [rung for rung in self.rungs if rung.may(now)] or [self.serving]
        if self._strain.small:
            able = [rung for rung in able if rung.kind == "smaller"] or able
        return able[0]

    def next(self, tried: Sequence[Rung], now: float) -> Rung | None:
        """Return who is asked about an utterance that some have lost: later ones first, then those before."""
        place = self.rungs.index(tried[-1] if tried else self.serving)
        order = (*self.rungs[place + 1 :], *self.rungs[:place])
        return next((rung for rung in order if rung not in tried and rung.may(now)), None)

    def serve(self, rung: Rung) -> Switched | None:
        """Ask this one from now on; return what is said of it, None where nothing changed."""
        before, self.serving = self.serving, rung
        if rung is before:
            return None
        worse = self.rungs.index(rung) > self.rungs.index(before)
        if self._strain.small == (rung.kind == "smaller") and "smaller" in (before.kind, rung.kind):
            reason = self._strain.why
        else:
            reason = self.reason if worse else f"{rung.name} is asked again, after a pause"
        return Switched(before.name, rung.name, reason, worse)

    def spare(self, answering: Collection[Rung | None]) -> tuple[Rung, ...]:
        """Return the smaller models that take memory for nothing: not asked, and answering nothing."""
        return tuple(
            rung
            for rung in self.rungs
            if rung.kind == "smaller" and rung is not self.serving and rung not in answering
        )

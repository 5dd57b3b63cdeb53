"""From one word's scores to activations: patience, re-arming, refractory time and the speech gate.

A *rise* starts with the first score at or over the threshold and lasts until the score falls below
`rearm_below` and no counted hop is left in the patience window. A rise makes at most one activation; one
that makes none is reported once, when it is over or can no longer make one.

What holds a rise back is asked in this order, and the last gate it reached is the reason given:

1. `hysteresis`: the score never fell below `rearm_below` since the last activation, so this is still the
   same word. Reported when it passes the threshold anew; the rest of the rise that activated is silent.
2. `listening`: a command is being recorded, so there is nothing to begin; `idle`, of a stop word: none is,
   so there is nothing to cancel. The rise is spent: no activation once that changes.
3. `refractory`: the same word was just heard.
4. `patience`: too few hops passed the threshold.
5. `vad`: nobody spoke.

1 and 2 cannot change any more and are reported at once. 3 to 5 may still give way (the speech gate one
hop late), so they are reported when the rise is over: an activation is never also called suppressed.
"""

import math
from collections import deque
from dataclasses import dataclass

from edged.geometry import SAMPLE_RATE
from edged.messages import SuppressedReason
from edged.stages.heads.rule import Rule

CURVE_HOPS = 25
"""Scores kept to explain an activation: 2 s."""

LONGEST_RISE = 2 * SAMPLE_RATE
"""Samples: a head of 16 embeddings sees 1.96 s, so a word that still scores ended no longer ago."""

_SPEECH_ASKED_FROM = 0.5
"""Share of the threshold from which the speech gate's answer is wanted: a hop or two ahead of the rise."""

_GATES: tuple[SuppressedReason, ...] = ("refractory", "patience", "vad")


@dataclass(frozen=True, slots=True)
class Heard:
    """The word was heard."""

    score: float
    """0..1, at the hop that decided."""
    scores: tuple[float, ...]
    """The last scores, newest last, at most `CURVE_HOPS`."""
    end_sample: int
    """Where the word ended: the first hop of this rise at or over the threshold, minus the rule's lag."""


@dataclass(frozen=True, slots=True)
class Held:
    """A rise passed the threshold and makes no activation."""

    score: float
    """Highest score of the rise so far."""
    reason: SuppressedReason


Decision = Heard | Held


@dataclass(frozen=True, slots=True)
class Memory:
    """All that an activator remembers between two hops, but for the curve that it only tells."""

    high_since: int | None = None
    hits: tuple[int | None, ...] = ()
    armed: bool = True
    spent_reported: bool = False
    peak: float = 0.0
    furthest: SuppressedReason | None = None
    last: int | None = None


class Activator:
    """Decides for one word of one stream, hop by hop. Holds no clock: time is the sample index."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._rearm_below = min(rule.rearm_below, rule.threshold)
        self._curve: deque[float] = deque(maxlen=CURVE_HOPS)
        self._hits: deque[int | None] = deque(maxlen=rule.patience_window)
        """Per hop None, or the end of the first hop at or over the threshold since the score was low."""
        self._high_since: int | None = None
        self._armed = True
        self._spent_reported = False
        """The rise that may not activate was reported, or is the tail of one that did."""
        self._peak = 0.0
        self._furthest: SuppressedReason | None = None
        self._last: int | None = None

    def obey(self, rule: Rule) -> None:
        """Go by another rule from the next hop on; what was heard so far, and when, stays."""
        self.rule = rule
        self._rearm_below = min(rule.rearm_below, rule.threshold)
        self._hits = deque(self._hits, maxlen=rule.patience_window)

    @property
    def memory(self) -> Memory:
        """What it remembers now."""
        return Memory(
            self._high_since,
            tuple(self._hits),
            self._armed,
            self._spent_reported,
            self._peak,
            self._furthest,
            self._last,
        )

    def remember(self, memory: Memory) -> None:
        """Go on from what one of the same word remembered."""
        self._high_since, self._armed, self._last = memory.high_since, memory.armed, memory.last
        self._spent_reported, self._peak, self._furthest = (
            memory.spent_reported,
            memory.peak,
            memory.furthest,
        )
        self._hits = deque(memory.hits, maxlen=self.rule.patience_window)

    def wants_speech(self, score: float) -> bool:
        """Say whether the speech gate may matter for this score: its answer costs as much as the features."""
        asked = score >= _SPEECH_ASKED_FROM * self.rule.threshold
        return self.rule.vad_threshold > 0 and self._armed and asked

    def update(
        self, score: float, end: int, speech: float | None = None, listening: bool = False
    ) -> Decision | None:
        """Take one hop.

        score: 0..1; one that is not finite is not counted and changes nothing but the passing of time.
        end: sample index after the hop.
        speech: highest speech probability in the look-back; None where the gate is off or could not be
            asked, which holds nothing back: a broken gate must not make the ear deaf.
        listening: a command is being recorded, and no wake word may take its place.
        """
        if not math.isfinite(score):
            self._hits.append(None)
            return None
        self._curve.append(score)
        hit = score >= self.rule.threshold
        if score < self._rearm_below:
            self._armed, self._high_since = True, None
        elif hit and self._high_since is None:
            self._high_since = end
        if not self._armed:
            return self._spent(score, hit)
        if hit and listening is (self.rule.role == "wake"):
            self._spend()
            return Held(score, "listening" if listening else "idle")
        self._hits.append(self._high_since if hit else None)
        if not hit:
            return self._over()
        self._peak = max(self._peak, score)
        held_by = self._held_by(end, speech)
        if held_by is None:
            return self._activate(score, end)
        if self._furthest is None or _GATES.index(held_by) > _GATES.index(self._furthest):
            self._furthest = held_by
        return None

    def reset(self) -> Held | None:
        """Forget the rise, after a gap or at the end; return what was still undecided. Refractory stays."""
        undecided = self._report()
        self._spend()
        self._armed = True
        self._curve.clear()
        return undecided

    def _held_by(self, end: int, speech: float | None) -> SuppressedReason | None:
        if self._last is not None and end - self._last < self.rule.refractory:
            return "refractory"
        if sum(hit is not None for hit in self._hits) < self.rule.patience:
            return "patience"
        gate = self.rule.vad_threshold
        if gate > 0 and speech is not None and not speech >= gate:
            return "vad"
        return None

    def _activate(self, score: float, end: int) -> Heard:
        first = next(hit for hit in self._hits if hit is not None)
        word_end = max(first, end - LONGEST_RISE) - self.rule.lag
        self._spend()
        self._last = end
        return Heard(score, tuple(self._curve), max(0, word_end))

    def _spend(self) -> None:
        """Let this rise make nothing more; the next begins after the score was low."""
        self._armed = False
        self._spent_reported = True
        self._high_since = None
        self._hits.clear()
        self._forget()

    def _spent(self, score: float, hit: bool) -> Held | None:
        if not hit:
            self._spent_reported = False
            return None
        if self._spent_reported:
            return None
        self._spent_reported = True
        return Held(score, "hysteresis")

    def _over(self) -> Held | None:
        """Report the rise once it can make nothing any more."""
        if self._high_since is None and all(hit is None for hit in self._hits):
            return self._report()
        return None

    def _report(self) -> Held | None:
        if self._furthest is None:
            return None
        held = Held(self._peak, self._furthest)
        self._forget()
        return held

    def _forget(self) -> None:
        self._peak = 0.0
        self._furthest = None

"""Watches one stream's decisions and takes down what explains them, in the path's thread: it never waits.

An ear calls it hop by hop: `begin`, then `considered` for each word, then `finish`. Without anybody who keeps
clips each of them returns at once.
"""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from edged.backends.backend import Floats, Pcm
from edged.config.schema import ClipKind, Clips
from edged.geometry import HOP, SAMPLE_RATE
from edged.messages import ListeningCause, Ran
from edged.runtime.clips.document import Decided
from edged.runtime.clips.keeper import Keeper
from edged.runtime.clips.kept import Considered, Hop, decided
from edged.runtime.clips.near_miss import CALM_HOPS, LONGEST_HOPS, NearMiss, NearMisses
from edged.runtime.clips.pending import Pending
from edged.runtime.clips.privacy import Privacy
from edged.runtime.clips.scene import Scene
from edged.runtime.clips.tape import Tape, hops_in
from edged.stages.heads.activation import Decision, Heard, Held, Memory

STAGES = ("denoise", "features", "heads")

MOST = 16
"""Clips of one stream that may be open at once: more is noise, and none is worth the memory."""


class Witness:
    """Of one ear. Used by its thread alone."""

    def __init__(self, scene: Scene, keeper: Keeper | None) -> None:
        self._scene = scene
        self._keeper = keeper
        self._tape = Tape(scene.ring, scene.embeddings, scene.cleaned)
        self._listener = scene.listener()
        self._near: tuple[NearMisses, ...] = ()
        self._ended: list[Decided] = []
        self._wake: tuple[str, float, str | None] = ("", 0.0, None)
        """What began the command, or the one that it follows up: word, score, clip; no word of a trigger."""
        self._hops: deque[Hop] = deque()
        self._pending: list[Pending] = []
        self._utterance: int | None = None
        self._command_start = 0
        self._privacy = Privacy()
        self._on = False
        self.obey()
        self._tape.fresh(0)

    def fresh(self, at: int) -> None:
        """The stream, or its next unbroken part, begins at this sample; call `over` before."""
        self._hops.clear()
        self._privacy.fresh()
        for near in self._near:
            near.reset()
        self._tape.fresh(at)

    def obey(self) -> None:
        """Other rules or settings are in force from the next hop on."""
        for pending in self._pending:  # its curve goes by the old rules
            self._close(pending)
        self._pending.clear()
        settings = self._keeper.settings if self._keeper is not None else Clips()
        was_on, self._on = self._on, settings.enabled
        self._settings = settings
        self._listener = self._scene.listener()
        self._columns = [self._listener.columns.index(column) for _, column in self._listener.words]
        self._near = tuple(NearMisses() for _ in self._listener.words)
        self._before = hops_in(settings.before_s)
        self._after = round(settings.after_s * SAMPLE_RATE / HOP)
        room = self._before + self._after + LONGEST_HOPS + CALM_HOPS + 1
        self._hops = deque(maxlen=room)
        became_private = self._privacy.obey(settings.commands, self._scene.ring.end)
        if (self._on and not was_on) or became_private:
            self._tape.forbid()  # what was said while clips were off was not said to be kept

    def begin(self, end: int, heard: Pcm, scores: Floats, ran: Ran, moments: Sequence[float]) -> None:
        """Take a hop that was scored.

        Args:
            end: sample index after it; the ring holds it.
            heard: what the wake words heard of it, shape (1280,).
            scores: shape (columns,).
            ran: what answered.
            moments: seconds of perf_counter when it began, was cleaned, embedded and scored.
        """
        if self._on:
            self._privacy.hop(end)
            self._tape.push(end, heard)
            took = {stage: (b - a) * 1e3 for stage, (a, b) in zip(STAGES, pairwise(moments), strict=True)}
            if not self._scene.cleaned:
                del took["denoise"]
            self._hops.append(Hop(end, scores.copy(), took, ran))

    def considered(
        self,
        word: int,
        memory: Memory,
        speech: float | None,
        listening: bool,
        decision: Decision | None,
        latency_ms: float | None = None,
        utterance: int | None = None,
    ) -> str | None:
        """Take what one word's rules were given at this hop, in order; return the clip's id if it is kept."""
        rule, _ = self._listener.words[word]
        stops = rule.role == "stop"
        if isinstance(decision, Heard) and not stops:
            self._wake = rule.word, decision.score, None
        if not self._on:
            return None
        hop = self._hops[-1]
        hop.words.append(Considered(memory, speech, listening, decision))
        near = self._near[word].update(
            float(hop.scores[self._columns[word]]),
            hop.end,
            rule.threshold,
            self._settings.near_miss_from,
            ignored=listening is not stops,
        )
        if near is not None:
            self._near_miss(rule.word, near)
        if isinstance(decision, Heard):
            until = None if self._settings.commands else hop.end
            if stops:
                until = hop.end + self._after * HOP
            id = self._open(
                "stop" if stops else "wake",
                rule.word,
                None,
                decision.score,
                hop.end,
                until,
                decision.end_sample,
                latency_ms,
                utterance,
            )
            if not stops:
                self._wake = rule.word, decision.score, id
            return id
        if decision is not None:
            return self._held(rule.word, decision, hop.end)
        return None

    def undecided(self, word: int, held: Held) -> str | None:
        """Take a decision that the end of the stream, or of its unbroken part, made; `over` follows."""
        if not self._on or not self._hops:
            return None
        rule, _ = self._listener.words[word]
        self._ended.append(decided(rule.word, held, None))
        return self._held(rule.word, held, self._hops[-1].end)

    def command_opened(self, utterance: int, start: int, cause: ListeningCause = "wake") -> None:
        """A command begins at sample `start`; of a follow-up that lies behind, where the one before ended."""
        self._utterance, self._command_start = utterance, start
        if cause == "trigger":
            self._wake = "", 0.0, None
        self._privacy.opened(cause)
        if self._on and self._keeper is not None:
            self._keeper.commands.opened(self._scene.stream, utterance, *self._wake)

    def finish(self) -> None:
        """Take the end of a hop: close the clips that are over."""
        if not self._on:
            return
        if not self._privacy.now:
            self._tape.settle()
        end = self._hops[-1].end if self._hops else 0
        still: list[Pending] = []
        for pending in self._pending:
            pending.take(self._hops[-1], self._tape)
            if pending.until is not None and (end >= pending.until or self._privacy.now):
                self._close(pending)
            else:
                still.append(pending)
        self._pending = still
        if self._privacy.now:
            self._tape.forbid()

    def command_closed(self, sample: int, followed_until: int = 0) -> None:
        """The open command ended at this sample, with the ring still there.

        followed_until: sample at which it is too late for a follow-up, whose sound begins behind this command
            however late that is known: until then all sound may be of a command.
        """
        if self._utterance is None:
            return
        utterance, self._utterance = self._utterance, None
        self._privacy.closed(followed_until)
        if self._on and self._keeper is not None:
            sound = None
            if not self._privacy.now:
                ring = self._scene.ring
                start = max(self._command_start, ring.start)
                sound = ring.read(min(start, ring.end), ring.end)[:, None]
            self._keeper.commands.closed(self._scene.stream, utterance, self._command_start, sample, sound)
        for pending in self._pending:
            if pending.until is None and pending.utterance == utterance:
                pending.until = sample
        if self._privacy.now:
            self._tape.forbid()

    def over(self) -> None:
        """The stream, or its unbroken part, ends here: close every clip."""
        for pending in self._pending:
            if not pending.pieces:
                pending.take(self._hops[-1], self._tape)  # it was made by this end, after the last hop
            pending.ended = self._ended
            self._close(pending)
        self._pending.clear()
        self._ended = []

    def _held(self, word: str, held: Held, end: int) -> str | None:
        return self._open("rejected", word, held.reason, held.score, end, end + self._after * HOP)

    def _near_miss(self, word: str, near: NearMiss) -> None:
        self._open("near_miss", word, None, near.score, near.sample, near.sample + self._after * HOP)

    def _open(
        self,
        kind: ClipKind,
        word: str,
        reason: str | None,
        score: float,
        sample: int,
        until: int | None,
        end_sample: int | None = None,
        latency_ms: float | None = None,
        utterance: int | None = None,
    ) -> str | None:
        keeper = self._keeper
        if keeper is None or kind not in self._settings.kinds or not keeper.has_room:
            return None
        if len(self._pending) >= MOST:
            keeper.refuse()
            return None
        id, wall = keeper.name(kind)
        pending = Pending(
            id=id,
            kind=kind,
            word=word,
            reason=reason,
            score=score,
            utterance=utterance if kind == "wake" else self._utterance,
            wall=wall,
            sample=sample,
            until=until,
            end_sample=end_sample,
            latency_ms=latency_ms,
        )
        first = max(sample - self._before * HOP, self._hops[0].end - HOP)
        found = None if self._privacy.now else self._tape.begin(first)
        if found is None or found[1] >= sample:
            pending.silent = self._privacy.why(self._scene.ring.end)
        else:
            pending.begin, first = found
            pending.taken_until = pending.begin.start
        pending.first = first
        pending.hops = [hop for hop in self._hops if hop.end > first]
        self._pending.append(pending)
        return id

    def _close(self, pending: Pending) -> None:
        if self._keeper is None:
            return
        self._keeper.offer(pending.kept(self._scene, self._listener, self._keeper.made_by))

"""A decision whose clip is not over yet: half a second may follow, or a command."""

from dataclasses import dataclass, field

from edged.config.schema import ClipKind
from edged.runtime.clips.document import Decided, MadeBy
from edged.runtime.clips.kept import Begin, Hop, Kept, Listener, Taken
from edged.runtime.clips.scene import Scene
from edged.runtime.clips.sound import Channels
from edged.runtime.clips.tape import Tape


@dataclass(slots=True, kw_only=True)
class Pending:
    """What is known of it so far."""

    id: str
    kind: ClipKind
    word: str
    reason: str | None
    score: float
    utterance: int | None
    wall: str
    sample: int
    """End of the hop that decided."""
    until: int | None
    """Sample at which it is over; None: with the command."""
    end_sample: int | None = None
    latency_ms: float | None = None
    silent: str = ""
    """Why no sound is kept; empty where it is."""
    begin: Begin | None = None
    first: int = 0
    """Sample from which scores come out the same."""
    taken_until: int = 0
    pieces: list[Channels] = field(default_factory=list[Channels])
    hops: list[Hop] = field(default_factory=list[Hop])
    ended: list[Decided] | None = None

    def take(self, newest: Hop, tape: Tape) -> None:
        """Copy the newest hop, and the sound that came since."""
        if newest.end > self.first and (not self.hops or self.hops[-1] is not newest):
            self.hops.append(newest)
        if self.begin is not None and self.taken_until < newest.end:
            self.pieces.append(tape.read(self.taken_until, newest.end))
            self.taken_until = newest.end

    def kept(self, scene: Scene, listener: Listener, made_by: MadeBy) -> Kept:
        """Return it as it goes to the writer; a hop in which not every word was considered is left out."""
        sound = None
        if self.begin is not None and self.pieces:
            sound = Taken(begin=self.begin, raw=self.pieces)
        return Kept(
            id=self.id,
            kind=self.kind,
            word=self.word,
            reason=self.reason,
            score=self.score,
            stream=scene.stream,
            utterance=self.utterance,
            wall=self.wall,
            sample=self.sample,
            end_sample=self.end_sample,
            latency_ms=self.latency_ms,
            sound=sound,
            no_sound=self.silent,
            hops=[hop for hop in self.hops if len(hop.words) == len(listener.words)],
            listener=listener,
            ended=self.ended,
            backends=scene.backends(),
            stages_ms=scene.stages_ms(),
            made_by=made_by,
        )

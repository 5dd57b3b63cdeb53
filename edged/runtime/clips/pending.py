"""A decision whose clip is not over yet: half a second may follow, or a command."""

from dataclasses import dataclass, field

from edged.config.schema import ClipKind
from edged.runtime.clips.document import Decided
from edged.runtime.clips.kept import Begin, Hop
from edged.runtime.clips.sound import Channels


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

"""An utterance without its text, and its sound: whoever is asked next hears all of it."""

from dataclasses import dataclass, field

from edged.stages.recognize.recognizer import Options, Pcm, Recognizer
from edged.stages.recognize.rung import Rung
from edged.stages.recognize.samples import MAX_SAMPLES


@dataclass(slots=True, eq=False)
class Held:
    """Changed only by its chain, under the chain's lock."""

    options: Options
    rung: Rung | None
    """Who answers it; None while it waits for the next."""
    live: bool = True
    """False while what was said before is told to that one: what comes is told after it."""
    pieces: list[Pcm] = field(default_factory=list[Pcm])
    samples: int = 0
    finished_at: float | None = None
    """Clock at which its sound ended."""
    tried: list[Rung] = field(default_factory=list[Rung])

    @property
    def recognizer(self) -> Recognizer | None:
        """Of who answers it."""
        return self.rung.recognizer if self.rung is not None else None

    @property
    def hearer(self) -> Recognizer | None:
        """Who is told what comes, at once; None where it is kept to be told."""
        return self.recognizer if self.live else None

    def keep(self, pcm: Pcm) -> None:
        """Keep a copy of more sound, up to the longest that an utterance may be."""
        fits = pcm[: MAX_SAMPLES - self.samples].copy()
        self.pieces.append(fits)
        self.samples += len(fits)

    def give(self, rung: Rung) -> None:
        """From now on this one answers it, and must be told what was said before."""
        self.rung, self.live = rung, False

    def lose(self, rung: Rung) -> None:
        """This one has no text of it, and will not be asked for it again."""
        self.rung = None
        self.tried.append(rung)

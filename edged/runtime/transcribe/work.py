"""One recording under way, and the document that becomes of it."""

import time
from dataclasses import dataclass, field

from edged.geometry import SAMPLE_RATE
from edged.runtime.transcribe.cuts import Part
from edged.runtime.transcribe.document import Document
from edged.runtime.transcribe.journal import Journal
from edged.runtime.transcribe.listing import Item, printable
from edged.runtime.transcribe.passage import Passage, noted
from edged.runtime.transcribe.reading import Spent


@dataclass
class Work:
    """What is known of it so far."""

    item: Item
    journal: Journal | None = None
    began: float = field(default_factory=time.perf_counter)
    spent: Spent = field(default_factory=Spent)
    passages: list[Passage] = field(default_factory=list[Passage])
    samples: int = 0
    bytes: int = 0
    expected: float = 0.0
    """Samples that it should have, 0 where unknown."""
    resumed: int = 0
    """Passages that an earlier run had recognized."""
    lost: list[str] = field(default_factory=list[str])
    failure: str = ""
    """Why there is no document; empty: there will be one."""

    def lose(self, part: Part, reason: str) -> None:
        """Note that a part gets no text."""
        start, stop = (place / SAMPLE_RATE for place in (part.start, part.stop))
        self.lost.append(f"{start:.1f} to {stop:.1f} s ({reason})")

    @property
    def complaint(self) -> str:
        """A sentence that names the first part without a text; there is one."""
        more = f", and for {len(self.lost) - 1} passages more" if len(self.lost) > 1 else ""
        return f"{self.item.path}: no text for {self.lost[0]}{more}"

    def document(self, model: str, provider: str) -> Document:
        """Return what became of it.

        Args:
            model: that was asked.
            provider: that answered; empty: none did.
        """
        audio_s = round(self.samples / SAMPLE_RATE, 4)
        cpu_s = round(sum(each.cpu_s for each in self.passages), 6)
        spent = self.spent
        steps = {
            "read": round(spent.read_s, 4),
            "vad": round(spent.vad_s, 4),
            "recognize": round(spent.recognize_s, 4),
            "write": round(spent.write_s, 4),
        }
        metrics = {
            "audio_duration": audio_s,
            "processing_time": cpu_s,
            "rtf": cpu_s / audio_s if audio_s else 0.0,
            "backend": provider or None,
            "steps_s": steps,
            "total_s": round(time.perf_counter() - self.began, 4),
            "segments_resumed": self.resumed,
            "lost": list(self.lost),
        }
        texts = tuple(each for each in self.passages if each.text)
        id_, path = printable(self.item.id), printable(self.item.path)
        notes = noted(self.passages)
        return Document(id_, path, self.samples, model, texts, metrics, notes)

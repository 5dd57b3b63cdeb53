"""What was recognized in one part of a recording, with times from the recording's start."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edged.geometry import SAMPLE_RATE
from edged.messages import Transcript, Word
from edged.runtime.transcribe.cuts import Part


@dataclass(frozen=True, slots=True)
class Passage:
    """One part with its text."""

    start: int
    """First sample."""
    stop: int
    """Sample after the last."""
    text: str
    words: tuple[Word, ...] = ()
    """Seconds from the start of the recording; none where the model gives none."""
    cpu_s: float = 0.0
    """Processor seconds of the recognizer."""
    confidence: float | None = None
    """0..1, how sure the model was; None where it does not say."""
    notes: tuple[str, ...] = ()
    """What was asked for and not done, or why the text was withheld."""


def passage(part: Part, transcript: Transcript, cpu_s: float) -> Passage:
    """Return a transcript, whose times count from the part's first sample, as a passage of the recording.

    Times stay within the part and in order: parts follow each other, so all times of a recording do.
    """
    offset, end = seconds(part.start), seconds(part.stop)
    words: list[Word] = []
    last = offset
    for word in transcript.words:
        start = min(max(round(offset + word.start, 3), last), end)
        last = min(max(round(offset + word.end, 3), start), end)
        words.append(replace(word, start=start, end=last))
    return Passage(
        part.start,
        part.stop,
        transcript.text,
        tuple(words),
        round(cpu_s, 6),
        transcript.confidence,
        transcript.notes,
    )


def seconds(sample: int) -> float:
    """Return a sample's time, to the millisecond."""
    return round(sample / SAMPLE_RATE, 3)


def noted(passages: Iterable[Passage]) -> tuple[str, ...]:
    """Return the notes of a recording, each once; those that cost a passage its text say which one."""
    found: dict[str, None] = {}
    for each in passages:
        where = "" if each.text else f"{seconds(each.start):.1f} to {seconds(each.stop):.1f} s: "
        found |= dict.fromkeys(where + note for note in each.notes)
    return tuple(found)

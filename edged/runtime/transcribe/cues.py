"""Passages to subtitles: lines that a person can read while they are spoken. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from edged.messages import Word
from edged.runtime.transcribe.passage import Passage, seconds

GAP_S = 0.8
"""Seconds without a word after which the next one begins a new cue."""

LONGEST_S = 7.0
"""Seconds a cue stays at most, the usual bound of subtitling guides (BBC, Netflix)."""

LONGEST = 84
"""Characters of a cue: two lines of 42, the same guides' bound."""

SENTENCE_ENDS = frozenset(".?!…\u3002\uff1f\uff01")
"""Marks after which a cue ends; the last three are those of Chinese and Japanese."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle."""

    start: float
    """Seconds from the start of the recording."""
    end: float
    text: str


def cues(passages: Iterable[Passage]) -> Iterator[Cue]:
    """Yield the subtitles of a recording; a passage without word times is one."""
    for passage in passages:
        if not passage.text:
            continue
        places = _places(passage)
        if places is None:
            yield Cue(seconds(passage.start), seconds(passage.stop), passage.text)
            continue
        first = 0
        for index in range(1, len(places) + 1):
            if index == len(places) or _parted(passage.words, places, first, index):
                begin = 0 if first == 0 else places[first][0]
                stop = len(passage.text) if index == len(places) else places[index][0]
                text = passage.text[begin:stop].strip()
                yield Cue(passage.words[first].start, passage.words[index - 1].end, text)
                first = index


def _places(passage: Passage) -> list[tuple[int, int]] | None:
    """Return where each word stands in the text, or None where the text does not hold them."""
    places: list[tuple[int, int]] = []
    at = 0
    for word in passage.words:
        start = passage.text.find(word.text, at)
        if start < 0:
            return None
        at = start + len(word.text)
        places.append((start, at))
    return places or None


def _parted(words: Sequence[Word], places: Sequence[tuple[int, int]], first: int, index: int) -> bool:
    """Return whether word `index` begins a new cue after one that began with word `first`."""
    return (
        words[index].start - words[index - 1].end >= GAP_S
        or words[index].end - words[first].start > LONGEST_S
        or places[index][1] - places[first][0] > LONGEST
        or words[index - 1].text[-1:] in SENTENCE_ENDS
    )

"""Words of a text that was written anew keep their times: "twenty five" becomes one word "25". Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from edged.messages import Word
from edged.stages.recognize.words import is_alone, parted


@dataclass(frozen=True, slots=True)
class _Letter:
    """One letter with the time of its share of a word."""

    start: float
    end: float
    owners: range
    """Words that it was heard as."""


def realign(words: Sequence[Word], text: str) -> tuple[Word, ...]:
    """Return the words of `text` with the times of those they were heard as.

    Args:
        words: as heard, in order of time.
        text: the same, with numbers or punctuation written by a later step.

    Returns:
        The words of `text` in order, all of it but spaces; none if none were heard. One that stands for
        several lasts from the first to the last of them, and is as sure as the least sure.
    """
    if not words:
        return ()
    runs = text.split()
    letters = _letters(words, " ".join(runs))
    found: list[Word] = []
    at, last = 0, words[0].start
    for run in runs:
        for piece in parted(run):
            own = letters[at : at + len(piece)]
            at += len(piece)
            start = max(min(letter.start for letter in own), last)
            last = max(max(letter.end for letter in own), start)
            sure = [words[owner].confidence for letter in own for owner in letter.owners]
            known = [each for each in sure if each is not None]
            found.append(Word(piece, start, last, min(known) if known else None))
        at += 1  # the space
    return tuple(found)


def _letters(words: Sequence[Word], shown: str) -> list[_Letter]:
    """Return the time of each letter and space that is shown."""
    heard, times = _heard(words)
    letters: list[_Letter] = []
    matcher = SequenceMatcher(None, _folded(heard), _folded(shown), autojunk=False)
    for what, first, stop, begin, end in matcher.get_opcodes():
        spoken = [letter for letter in times[first:stop] if letter.owners]
        if what == "equal":
            letters += times[first:stop]
        elif what == "replace" and spoken:
            owners = range(spoken[0].owners.start, spoken[-1].owners.stop)
            count = end - begin
            shares = (_share(spoken[0].start, spoken[-1].end, place, count) for place in range(count))
            letters += [_Letter(*share, owners) for share in shares]
        else:  # what is added takes no time
            moment = letters[-1].end if letters else times[0].start
            letters += [_Letter(moment, moment, range(0))] * (end - begin)
    return letters


def _heard(words: Sequence[Word]) -> tuple[str, list[_Letter]]:
    """Return the words as one text, with the time of each of its letters; a space belongs to no word."""
    text = ""
    times: list[_Letter] = []
    for index, word in enumerate(words):
        if text and not (is_alone(text[-1]) or is_alone(word.text[0])):
            text += " "
            times.append(_Letter(times[-1].end, word.start, range(0)))
        for place in range(len(word.text)):
            share = _share(word.start, word.end, place, len(word.text))
            times.append(_Letter(*share, range(index, index + 1)))
        text += word.text
    return text, times


def _share(start: float, end: float, place: int, count: int) -> tuple[float, float]:
    """Return when the letter at a place begins and ends, of so many that share a time evenly."""
    step = (end - start) / count
    until = end if place == count - 1 else round(start + step * (place + 1), 3)
    return (round(start + step * place, 3) if place else start), until


def _folded(text: str) -> str:
    """Return a text of the same length without its cases."""
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)

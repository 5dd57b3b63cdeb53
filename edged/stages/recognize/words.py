"""Units of a model to words with times: monotone and within the audio, whatever the model said."""

from collections.abc import Sequence
from itertools import pairwise

from edged.messages import Word

BOUNDARY = "▁"
"""Begins a unit that begins a word; sherpa-onnx shows it as a space."""


def words(tokens: Sequence[str], times: Sequence[float], frame_s: float, audio_s: float) -> tuple[Word, ...]:
    """Join units to words.

    Args:
        tokens: units as sherpa-onnx returns them; one that begins with a space or `▁` begins a word.
        times: seconds at which each unit was heard, from the first sample.
        frame_s: seconds that one output of the model lasts: the least a unit takes.
        audio_s: length of the utterance without padding; no time lies beyond.

    Returns:
        Words with start and end, each start no earlier than the end of the word before.
    """
    found: list[tuple[str, float, float]] = []
    fresh = True
    for token, time in zip(tokens, times, strict=True):
        unit = token.replace(BOUNDARY, " ")
        begins = fresh or unit[:1].isspace()
        fresh = False
        for index, piece in enumerate(unit.split()):
            if begins or index:
                found.append((piece, time, time + frame_s))
            else:
                text, start, _ = found[-1]
                found[-1] = (text + piece, start, time + frame_s)
            begins = False
        fresh = begins or unit[-1:].isspace()  # a unit that is only a space: the next one begins a word
    return _ordered(found, audio_s)


def _ordered(found: list[tuple[str, float, float]], audio_s: float) -> tuple[Word, ...]:
    """Push times into order and into the audio."""
    last = 0.0
    starts: list[float] = []
    for _, start, _ in found:
        last = min(max(last, round(start, 3)), audio_s)
        starts.append(last)
    ordered: list[Word] = []
    for (text, _, end), (start, following) in zip(found, pairwise([*starts, audio_s]), strict=True):
        ordered.append(Word(text, start, min(max(round(end, 3), start), following)))
    return tuple(ordered)

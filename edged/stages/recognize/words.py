"""Units of a model to words with times: monotone and within the audio, whatever the model said."""

import math
from collections.abc import Sequence
from itertools import pairwise

from edged.messages import Word
from edged.stages.recognize.confidence import certainty

BOUNDARY = "▁"
"""Begins a unit that begins a word; sherpa-onnx shows it as a space."""

ALONE = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
"""Kana and Chinese characters: written without spaces, each counts as a word."""


def words(
    tokens: Sequence[str],
    times: Sequence[float],
    frame_s: float,
    audio_s: float,
    joins: str = "",
    log_probs: Sequence[float] | None = None,
) -> tuple[Word, ...]:
    """Join units to words.

    Args:
        tokens: units as sherpa-onnx returns them; one that begins with a space or `▁` begins a word.
        times: seconds at which each unit was heard, from the first sample.
        frame_s: seconds that one output of the model lasts: the least a unit takes.
        audio_s: length of the utterance without padding; no time lies beyond.
        joins: where units do not say that they begin a word: the end of one that the next continues.
        log_probs: of each unit; None where the model has none.

    Returns:
        Words with start and end, each start no earlier than the end of the word before.
    """
    found: list[tuple[str, float, float]] = []
    sure: list[list[float]] = []
    fresh = True
    for token, time, log_prob in zip(tokens, times, log_probs or [math.nan] * len(tokens), strict=True):
        unit = token.replace(BOUNDARY, " ")
        open_ended = bool(joins) and unit.endswith(joins)
        if open_ended:
            unit = unit.removesuffix(joins)
        begins = fresh or unit[:1].isspace()
        fresh = False
        for index, run in enumerate(unit.split()):
            for place, piece in enumerate(parted(run)):
                if begins or index or place or _breaks(found[-1][0], piece):
                    found.append((piece, time, time + frame_s))
                    sure.append([log_prob])
                else:
                    text, start, _ = found[-1]
                    found[-1] = (text + piece, start, time + frame_s)
                    sure[-1].append(log_prob)
                begins = False
        fresh = begins or unit[-1:].isspace()  # a unit that is only a space: the next one begins a word
        if joins:
            fresh = not (open_ended and found)
    return _ordered(found, sure, audio_s)


def _breaks(before: str, piece: str) -> bool:
    """True where no space parts two words."""
    return is_alone(piece[0]) or (is_alone(before[0]) and piece[0].isalnum())


def is_alone(letter: str) -> bool:
    """True for a letter that is a word of its own."""
    return any(low <= ord(letter) <= high for low, high in ALONE)


def parted(run: str) -> list[str]:
    """Cut between letters where one is a word of its own; signs stay with what they follow."""
    pieces: list[str] = []
    for letter in run:
        if not pieces or is_alone(letter) or (is_alone(pieces[-1][0]) and letter.isalnum()):
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces


def _ordered(
    found: list[tuple[str, float, float]], sure: list[list[float]], audio_s: float
) -> tuple[Word, ...]:
    """Push times into order and into the audio."""
    last = 0.0
    starts: list[float] = []
    for _, start, _ in found:
        last = min(max(last, round(start, 3)), audio_s)
        starts.append(last)
    ordered: list[Word] = []
    for (text, _, end), (start, following), log_probs in zip(
        found, pairwise([*starts, audio_s]), sure, strict=True
    ):
        stop = min(max(round(end, 3), start), following)
        ordered.append(Word(text, start, stop, certainty(log_probs)))
    return tuple(ordered)

"""Text that nobody said: too many words for the time, the same ones over and over, or out of silence. Pure.

No list of phrases: what is a hallucination of one model is a command to another.
"""

import zlib
from collections.abc import Sequence

from edged.stages.recognize.words import is_alone, parted

QUIET_DBFS = -65.0
"""Loudest tenth of a second of audio in which nobody spoke: a quiet room's noise is at -60 to -50."""

WORDS_A_SECOND = 8.0
"""Twice as fast as people read aloud."""
CHARACTERS_A_SECOND = 14.0
"""Of Chinese and Japanese: twice as fast as people read aloud."""
SOME = 4
"""Fewer words than that are never too fast."""

LOOP = 6
"""Words that a loop takes at least, said at least three times: `the cat the cat the cat`."""
TIMES = 3
LONGEST = 12
"""Words of what is repeated."""

COMPRESSED = 2.4
"""Whisper's own bound (compression_ratio_threshold)."""
ENOUGH_BYTES = 120
"""A shorter text tells nothing by how far it compresses."""


def doubt(text: str, audio_s: float, loudest_dbfs: float) -> str:
    """Return why nobody can have said a text, as the end of a sentence; empty where somebody can.

    Args:
        text: what was recognized.
        audio_s: seconds of audio, without padding.
        loudest_dbfs: RMS of its loudest tenth of a second, of full scale.
    """
    units = [piece.casefold() for run in text.split() for piece in parted(run)]
    if not units:
        return ""
    if loudest_dbfs < QUIET_DBFS:
        return f"nothing was louder than {loudest_dbfs:.0f} dBFS"
    alone = sum(is_alone(unit[0]) for unit in units)
    needed_s = alone / CHARACTERS_A_SECOND + (len(units) - alone) / WORDS_A_SECOND
    if len(units) > SOME and needed_s > audio_s:
        return f"{len(units)} words in {audio_s:.1f} s"
    if looped := loop(units):
        return f"it repeats {' '.join(looped)!r:.60}"
    data = text.encode()
    ratio = len(data) / len(zlib.compress(data))
    if len(data) >= ENOUGH_BYTES and ratio > COMPRESSED:
        return f"it repeats itself: it compresses {ratio:.1f} times"
    return ""


def loop(units: Sequence[str]) -> Sequence[str]:
    """Return what is said over and over, empty where nothing is."""
    for length in range(1, LONGEST + 1):
        same = 0  # units in a row that equal the one `length` before
        for at in range(length, len(units)):
            same = same + 1 if units[at] == units[at - length] else 0
            if same + length >= max(LOOP, TIMES * length):
                return units[at - length + 1 : at + 1]
    return ()

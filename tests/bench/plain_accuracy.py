"""Counts wakes from what `edged score --json` prints, knowing nothing of edged's code.

A wake is a score at or over the threshold, after the last wake only once the score was low again and the
refractory time is over. Two that are as near as the longest command would need the end of that command to be
counted: a recording without the word that has them is refused, so that every count is exact.
"""

import json
import sys
from itertools import pairwise

REARM = 0.35
REFRACTORY_S = 2
LONGEST_S = 15
HOP_S = 0.08


def wakes(scores: list[float], threshold: float, need: int = 1, among: int = 1) -> list[float]:
    """Return the seconds at which one word wakes in one recording."""
    found: list[float] = []
    ready = True
    for hop, score in enumerate(scores):
        if score < min(REARM, threshold):
            ready = True
        recent = scores[max(0, hop - among + 1) : hop + 1]
        if ready and score >= threshold and sum(each >= threshold for each in recent) >= need:
            ready = False
            if not found or hop * HOP_S - found[-1] >= REFRACTORY_S:
                found.append(hop * HOP_S)
    return found


def count(printed: str, word: str, positive: str, threshold: float, **patience: int) -> tuple[int, int, int]:
    """Return said, heard and false; what lies below a folder called `positive` holds the word."""
    said = heard = false = 0
    for each in json.loads(printed):
        woken = wakes(each["scores"][word], threshold, **patience)
        if f"/positive/{positive}/" in each["file"]:
            said += 1
            heard += bool(woken)
        elif "/negative/" in each["file"]:
            assert all(b - a > LONGEST_S + REFRACTORY_S for a, b in pairwise(woken)), (each["file"], woken)
            false += len(woken)
    return said, heard, false


if __name__ == "__main__":
    counts = count(sys.stdin.read(), sys.argv[1], sys.argv[2], float(sys.argv[3]))
    sys.stdout.write("{} said, {} heard, {} false\n".format(*counts))

"""Whether a compiled graph answers as the one it was made from: numbers in, numbers and sentences out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edged.catalog.artifact import Canary, Floats, Precision, Slot

LARGEST_ERROR: dict[Precision, float] = {"fp16": 0.02, "int8": 0.05}
"""Largest difference of a score from fp32 that is accepted: ten times what fp16 shows on the known heads; for
int8 what edged accepts of any backend of heads."""
CANARY_TOLERANCE = 0.03
"""Ten times the canary's error in fp16."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How one head fared."""

    error: float
    """Largest difference of any of its columns."""
    flips: int
    """Scores that came to lie on the other side of the threshold."""
    heard: int
    """Scores at or over the threshold in fp32."""
    problem: str = ""
    """Why it is refused; empty: it is not."""


def examine(
    slot: Slot,
    threshold: float,
    words: Sequence[int],
    expected: Floats,
    found: Floats,
    precision: Precision,
) -> Finding:
    """Compare one head's columns.

    words: those of its outputs that are words; "none of them" may flip as it likes.
    expected, found: shape (windows, columns).
    """
    mine = slice(slot.at, slot.at + slot.width)
    if not np.isfinite(found[:, mine]).all():
        return Finding(float("inf"), 0, 0, "the simulator answers NaN or infinity")
    error = float(np.abs(found[:, mine] - expected[:, mine]).max())
    before, after = (slot.scores(rows)[:, list(words)] for rows in (expected, found))
    flipped = (before >= threshold) != (after >= threshold)
    flips, heard = int(flipped.sum()), int((before >= threshold).sum())
    allowed, windows, problem = LARGEST_ERROR[precision], len(found), ""
    if error > allowed:
        largest = f"differ by up to {error:.3f} on {windows} windows"
        problem = f"its {precision} scores {largest}, {allowed:g} is allowed"
    elif flips:
        first = f"{after[flipped][0]:.4f} instead of {before[flipped][0]:.4f}"
        problem = (
            f"in {precision} {flips} of {windows} windows are on the other side of its threshold "
            f"{threshold:g} ({first}), none may be"
        )
    return Finding(error, flips, heard, problem)


def canary_problem(canary: Canary | None, expected: Floats, found: Floats) -> str:
    """Return what is wrong with the canary's column, or nothing."""
    if canary is None:
        return ""
    error = float(np.abs(found[:, canary.column] - expected[:, canary.column]).max())
    if error <= canary.tolerance:
        return ""
    return f"its canary differs by {error:.3f}, {canary.tolerance:g} is allowed"


def worst(findings: Sequence[Finding]) -> float:
    """Return the largest error, as it is written down."""
    return round(max(finding.error for finding in findings), 6)

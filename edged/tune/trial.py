"""A step measured against what was before it: whether it is worse, and what of it was not measured."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edged.errors import OverlayError
from edged.tune.apply import Step, Tuning
from edged.tune.contest import Ask, against, contest, in_words, is_worse
from edged.tune.question import Part, Question, ask

log = logging.getLogger(__name__)

PARTS: tuple[tuple[Part, tuple[str, ...]], ...] = (
    (
        "path",
        (
            "features.",
            "heads.backend",
            "heads.fallback",
            "heads.order",
            "heads.npu_core",
            "service.placement",
        ),
    ),
    ("recognizer", ("recognize.", "service.placement")),
)
"""What each part of edged can be made slower by."""

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a step."""

    worse: str
    """Why it must not stay; empty: it may."""
    lines: tuple[str, ...]
    """A line per part that was measured."""
    unmeasured: tuple[str, ...]
    """Keys that change something else than speed."""


def tried(
    step: Step,
    rounds: int,
    sounds: Sequence[Path] = (),
    asked: Ask = ask,
    told: Callable[[str], object] = lambda sentence: None,
) -> Tried:
    """Measure each part of edged that a step changes.

    Raises:
        ConfigError: too few rounds.
    """
    keys = [change.key for change in step.changes]
    lines: list[str] = []
    for part, prefixes in PARTS:
        if not any(key.startswith(prefixes) for key in keys):
            continue
        if part == "recognizer" and not step.after.config.recognize.enabled:
            continue
        heard = tuple(sounds) if part == "recognizer" else ()
        pair = {
            name: Question(loaded.config, part, heard)
            for name, loaded in ((BEFORE, step.before), (AFTER, step.after))
        }
        if part == "recognizer" and not step.before.config.recognize.enabled:
            del pair[BEFORE]  # there is nothing to compare with: it must work, no more
        say = _prefixed(told, part)
        ways = contest(pair, rounds, asked, say, all_or_none=True)
        for name, way in ways.items():
            if way.why:
                return Tried(f"{part}: measuring it {name} failed: {way.why}", tuple(lines), ())
        if BEFORE not in ways:
            lines.append(f"{part}: runs; there is nothing before it to compare with")
            continue
        found = against(ways[AFTER], ways[BEFORE])
        assert found is not None  # both ran in every round
        walls = f"{ways[BEFORE].wall_ms:.2f} -> {ways[AFTER].wall_ms:.2f} ms"
        lines.append(f"{part}: {in_words(found, BEFORE)}; {walls}")
        if is_worse(found):
            return Tried(f"worse: {lines[-1]}", tuple(lines), ())
    every = tuple(prefix for _, prefixes in PARTS for prefix in prefixes)
    return Tried("", tuple(lines), tuple(key for key in keys if not key.startswith(every)))


def _prefixed(told: Callable[[str], object], part: Part) -> Callable[[str], object]:
    return lambda said: told(f"{part}: {said}")


def keep_or_go_back(
    tuning: Tuning,
    step: Step,
    rounds: int,
    sounds: Sequence[Path] = (),
    asked: Ask = ask,
    told: Callable[[str], object] = lambda sentence: None,
) -> Tried:
    """Measure a step that is in force; whatever ends the measurement but a good answer takes it back.

    Raises:
        OverlayError: it is worse, or could not be measured; the overlay of before is in force.
        ConfigError: too few rounds; the overlay of before is in force.
    """
    kept = False
    try:
        found = tried(step, rounds, sounds, asked, told)
        kept = not found.worse
    finally:
        if not kept:
            tuning.undo()
    if found.worse:
        log.warning("%s: rolled back: %s", step.overlay, found.worse)
        raise OverlayError(f"rolled back: {found.worse}")
    return found

"""What a calibrated threshold is worth on sound that it was not made from: false accepts and recall, counted.

Recordings without the word are split three ways. `speakers`: in halves by recording, each of another person
or room. `sources`: one folder is held back, the others are heard. `tenths`: a tenth is heard, the rest held
back, which shows what a budget far rarer than what was heard is worth. Each part is held back in turn.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edged.backends.backend import Floats
from edged.calibrate.budget import Budget
from edged.calibrate.peaks import Deciding, Peaks
from edged.calibrate.proposal import Proposal, propose, recall
from edged.calibrate.wakes import at_threshold, wakes
from edged.config.schema import Config, Word
from edged.errors import ConfigError
from edged.geometry import HOP, HOP_SECONDS, QUIET_HOPS
from edged.runtime.kit import Scorers, open_scorers
from edged.runtime.models import ModelsInUse
from edged.runtime.scorer import Scorer
from edged.runtime.words import wake
from edged.stages.audio.recording import read_all
from edged.stages.heads.rule import Rule

SOUNDS = (".wav", ".flac", ".ogg", ".mp3")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A head, and where recordings of its word lie."""

    head: str
    positives: Path | None


def spoken(text: str) -> Spoken:
    """Return what `NAME` or `NAME=FOLDER` means.

    Raises:
        ConfigError: there is no such folder.
    """
    head, _, folder = text.partition("=")
    if folder and not Path(folder).is_dir():
        raise ConfigError(f"--head {text}: {folder} is no folder of recordings")
    return Spoken(head, Path(folder) if folder else None)


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording as one head scores it."""

    name: str
    source: str
    scores: Floats

    @property
    def hours(self) -> float:
        """Hours of sound that were scored."""
        return len(self.scores) * HOP_SECONDS / 3600


@dataclass(slots=True)
class Row:
    """What one budget came to over all parts that were held back in turn."""

    parts: int = 0
    proposed: list[float] = field(default_factory=list[float])
    hours: float = 0.0
    """Held back, of the parts with a proposal."""
    allowed: float = 0.0
    """False accepts that the budget allows in those hours."""
    accepted: int = 0
    accepted_now: int = 0
    """At the threshold of the configuration."""
    heard: list[int] = field(default_factory=list[int])
    """Recordings of the word that wake, for each proposal."""
    why: str = ""
    """Of the last part without a proposal."""


Split = Callable[[Clip], str]

SPLITS: Mapping[str, tuple[Split, bool]] = {
    "speakers": (lambda clip: f"half {_hash(clip) % 2}", False),
    "sources": (lambda clip: clip.source, False),
    "tenths": (lambda clip: f"tenth {_hash(clip) % 10}", True),
}
"""Name to the part a clip belongs to, and whether that part is the one heard instead of the one held back."""


def run(
    config: Config, spoken: Sequence[Spoken], folders: Sequence[Path], budgets: Sequence[Budget]
) -> dict[str, Any]:
    """Score all recordings once and calibrate on every part.

    Args:
        config: models and the common rules of [heads].
        spoken: heads; a head's own recordings are never among its negatives.
        folders: without any of the words; each folder that holds recordings is a source.
        budgets: to propose for.

    Raises:
        ConfigError: there are no recordings.
        ModelError: a head is missing or damaged.
    """
    places = [*folders, *(each.positives for each in spoken if each.positives is not None)]
    files = sorted({file for place in places for file in place.rglob("*") if file.suffix in SOUNDS})
    if not files:
        raise ConfigError(f"no recordings ({', '.join(SOUNDS)}) below {', '.join(map(str, places))}")
    heads = [each.head for each in spoken]
    scorers = open_scorers(config, heads, ModelsInUse(config.models.dir, accepted=None), background=False)
    try:
        scored = {
            file: Scorer(scorers.features, scorers.heads, scorers.before).run(read_all(file), HOP)
            for file in files
        }
        rows = [row for each in spoken for row in _of_head(each, scorers, scored, config, budgets)]
    finally:
        scorers.close()
    return {
        "bench": "calibration",
        "unit": "false accepts and words heard on recordings that the threshold was not made from",
        "files": len(files),
        "rows": rows,
    }


def _of_head(
    spoken: Spoken,
    scorers: Scorers,
    scored: Mapping[Path, Floats],
    config: Config,
    budgets: Sequence[Budget],
) -> Iterator[dict[str, Any]]:
    model = scorers.models[spoken.head]
    word = wake(Word(name=model.name), config.heads, model, scorers.heads.columns)
    rule, column = word.rule, word.column
    own = [file for file in scored if spoken.positives is not None and file.is_relative_to(spoken.positives)]
    positives = [scored[file][:, column] for file in own]
    clips = [
        Clip(file.name, file.parent.name, row[:, column]) for file, row in scored.items() if file not in own
    ]
    for split, (part_of, is_heard) in SPLITS.items():
        for budget in budgets:
            row = _row(clips, positives, rule, budget, part_of, is_heard=is_heard)
            yield {
                "head": model.name,
                "split": split,
                "budget": str(budget),
                "heard_min": round(_heard_hours(clips, part_of, is_heard=is_heard) * 60, 1),
                "parts": row.parts,
                "proposals": len(row.proposed),
                "threshold": round(float(np.median(row.proposed)), 3) if row.proposed else None,
                "held_hours": round(row.hours, 3),
                "allowed": round(row.allowed, 1),
                "accepted": row.accepted,
                "accepted_now": row.accepted_now,
                "recall": recall(min(row.heard, default=0), len(positives)),
                "recall_now": recall(sum(_wakes_once(each, rule) for each in positives), len(positives)),
                "why": row.why,
            }


def _row(
    clips: Sequence[Clip],
    positives: Sequence[Floats],
    rule: Rule,
    budget: Budget,
    part_of: Split,
    *,
    is_heard: bool,
) -> Row:
    row = Row()
    for part in sorted({part_of(clip) for clip in clips}):
        mine = [clip for clip in clips if part_of(clip) == part]
        others = [clip for clip in clips if part_of(clip) != part]
        heard, held = (mine, others) if is_heard else (others, mine)
        answer = propose(peaks(heard, rule), sum(clip.hours for clip in heard), budget, bool(positives))
        row.parts += 1
        if not isinstance(answer, Proposal):
            row.why = answer.why
            continue
        at = at_threshold(rule, answer.threshold)
        hours = sum(clip.hours for clip in held)
        row.proposed.append(answer.threshold)
        row.hours += hours
        row.allowed += budget.per_hour * hours
        row.accepted += sum(wakes(clip.scores.tolist(), at) for clip in held)
        row.accepted_now += sum(wakes(clip.scores.tolist(), rule) for clip in held)
        row.heard.append(sum(_wakes_once(each, at) for each in positives))
    return row


def peaks(clips: Sequence[Clip], rule: Rule) -> list[float]:
    """Return the peaks of recordings, each from a fresh start, highest first."""
    found: list[float] = []
    for clip in clips:
        deciding, picking = Deciding(rule), Peaks(rule)
        picked = [picking.push(deciding.push(score)) for score in clip.scores[QUIET_HOPS:].tolist()]
        found += [peak.score for peak in (*picked, picking.end()) if peak is not None]
    return sorted(found, reverse=True)


def _heard_hours(clips: Sequence[Clip], part_of: Split, *, is_heard: bool) -> float:
    """Return the median of the hours that one part's threshold is made from."""
    whole = sum(clip.hours for clip in clips)
    parts = {part_of(clip) for clip in clips}
    own = [sum(clip.hours for clip in clips if part_of(clip) == part) for part in parts]
    return float(np.median([hours if is_heard else whole - hours for hours in own]))


def _wakes_once(scores: Floats, rule: Rule) -> bool:
    return wakes(scores.tolist(), rule) > 0


def _hash(clip: Clip) -> int:
    """A clip's number, the same on every machine and whatever other clips there are."""
    return zlib.crc32(clip.name.encode())


def table(result: Mapping[str, Any]) -> str:
    """Return a result of `run` as text for people."""
    lines = [f"{result['files']} recordings; {result['unit']}", ""]
    form = "{:<18}{:<10}{:<9}{:>9}{:>7}{:>8}{:>8}{:>9}{:>10}{:>5}  {:<22}{}"
    titles = ("head", "split", "budget", "heard", "parts", "at", "held", "allowed", "accepted", "now")
    lines.append(form.format(*titles, "recall, worst part", "recall now"))
    for row in result["rows"]:
        if not row["proposals"]:
            lines.append(f"{row['head']:<18}{row['split']:<10}{row['budget']:<9}no proposal: {row['why']}")
            continue
        lines.append(
            form.format(
                row["head"],
                row["split"],
                row["budget"],
                f"{row['heard_min']:g} min",
                f"{row['proposals']}/{row['parts']}",
                f"{row['threshold']:g}",
                f"{row['held_hours']:.2f} h",
                f"{row['allowed']:g}",
                row["accepted"],
                row["accepted_now"],
                row["recall"],
                row["recall_now"],
            )
        )
    return "\n".join(lines)

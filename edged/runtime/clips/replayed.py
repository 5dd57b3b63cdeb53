"""What a replay found, side by side with what was kept. Pure: two answers in, their differences out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edged.runtime.clips.document import Decided, Document, MadeBy
from edged.runtime.clips.made_by import changes
from edged.stages.heads.rule import Rule

EXACT = 1e-6
"""Largest difference of a score where both were computed on the CPU, by the same library on the same kind of
machine: there it is 0."""

NEAR = 0.05
"""Largest difference of a score between two backends that edged takes for the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One clip heard again."""

    scores: Mapping[str, tuple[float, ...]]
    """By column, as `Curve.scores`."""
    speech: Mapping[str, tuple[float | None, ...]]
    """By word: what the speech gate was told."""
    measured: tuple[str, ...]
    """Words for which the gate was asked anew in some hop, since it was not asked then."""
    decisions: tuple[Decided, ...]
    backends: Mapping[str, str]
    """By stage: the provider."""
    columns: Mapping[str, str]
    """Word to its column."""
    rules: Mapping[str, Rule]
    made_by: MadeBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How a clip fares now."""

    document: Document
    run: Run
    tolerance: float
    """Largest difference of a score that counts as none."""
    differences: Mapping[str, float]
    """By word: the largest difference of its scores."""
    changes: tuple[str, ...]
    """What is not as it was: models, rules, settings, versions, backends."""
    same_scores: bool
    same_decisions: bool

    @property
    def same(self) -> bool:
        """Whether scores and decisions came out as they were."""
        return self.same_scores and self.same_decisions


def compare(document: Document, run: Run) -> Replayed:
    """Return what differs between a clip that has a curve and its replay."""
    curve = document.curve
    if curve is None:
        raise ValueError("a clip without a curve has nothing to compare")
    on_cpu = all(set(providers) == {"cpu"} for providers in curve.backends.values())
    tolerance = EXACT if on_cpu and set(run.backends.values()) == {"cpu"} else NEAR
    differences: dict[str, float] = {}
    for word, facts in document.words.items():
        if (column := run.columns.get(word)) is not None:
            pairs = zip(curve.scores[facts.column], run.scores[column], strict=True)
            differences[word] = max((abs(then - now) for then, now in pairs), default=0.0)
    gone = [word for word in document.words if word not in run.columns]
    return Replayed(
        document=document,
        run=run,
        tolerance=tolerance,
        differences=differences,
        changes=tuple(_changes(document, run)),
        same_scores=not gone and all(difference <= tolerance for difference in differences.values()),
        same_decisions=same_decisions(document.decisions, run.decisions, tuple(document.words)),
    )


def same_decisions(then: Sequence[Decided], now: Sequence[Decided], words: Sequence[str]) -> bool:
    """Tell whether the same words were heard and held back, at the same hops, for the same reasons."""

    def told(decisions: Sequence[Decided]) -> list[tuple[object, ...]]:
        return sorted(
            (each.word, -1 if each.hop is None else each.hop, each.reason or "", each.end_sample or -1)
            for each in decisions
            if each.word in words
        )

    return told(then) == told(now)


def _changes(document: Document, run: Run) -> Iterator[str]:
    yield from changes(document.made_by, run.made_by)
    for word, facts in document.words.items():
        rule = run.rules.get(word)
        if rule is None:
            yield f"{word}: is no {facts.rule.role} word now"
            continue
        for name in Rule.__dataclass_fields__:
            then, now = getattr(facts.rule, name), getattr(rule, name)
            if then != now:
                yield f"{word}: {name} {_plain(then)} then, {_plain(now)} now"
        if facts.column != run.columns[word]:
            yield f"{word}: heard on the output {facts.column} then, on {run.columns[word]} now"
    for word, rule in run.rules.items():
        if word not in document.words:
            yield f"{word}: was no {rule.role} word then"
    curve = document.curve
    for stage, provider in run.backends.items():
        then = "+".join(dict.fromkeys(curve.backends[stage])) if curve else provider
        if then != provider:
            yield f"{stage}: on {then} then, on {provider} now"


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"

"""Heads of one window become one compiled graph; a head that spoils it is found, named and left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edged.catalog.artifact import Artifact
from edged.catalog.convert.asked import Form, Head, Outcome, Settings
from edged.catalog.convert.attempt import Attempt
from edged.catalog.convert.gate import Finding
from edged.catalog.convert.job import NotCompiled
from edged.errors import ModelError
from edged.graphs.head_graph import read_heads


@dataclass(frozen=True, slots=True)
class Made:
    """All that one group came to."""

    artifacts: tuple[Artifact, ...]
    outcomes: tuple[Outcome, ...]


def convert_group(heads: Sequence[Head], settings: Settings, form: Form, stem: str = "") -> Made:
    """Compile heads of one window as one graph, or as several where the compiler takes no other.

    stem: begins the names of the files; default by form and window.

    Raises:
        ModelError: a head cannot be read, though it could before.
        OSError: the disk is full or refuses.
    """
    stem = stem or _stem(heads[0].window, settings, form)
    attempt = Attempt(heads, settings, form, stem)
    if attempt.merged is None:
        return Made((), ())
    try:
        artifact, outcomes = attempt.make()
    except NotCompiled as exc:
        if len(heads) == 1:
            return Made((), (Outcome(heads[0], Finding(0.0, 0, 0, str(exc)), form, compiled=False),))
        return _without_the_guilty(heads, settings, form, stem)
    bad = tuple(outcome for outcome in outcomes if outcome.finding.problem)
    if not bad:
        return Made((artifact,), tuple(outcomes))
    for file in (artifact.file, artifact.probe):
        file.path.unlink()
    good = [outcome.head for outcome in outcomes if not outcome.finding.problem]
    rest = convert_group(good, settings, form, stem) if good else Made((), ())
    return Made(rest.artifacts, rest.outcomes + bad)


def _without_the_guilty(heads: Sequence[Head], settings: Settings, form: Form, stem: str) -> Made:
    """Compile each alone; what passes is tried together once more, and stays alone if that fails again."""
    alone = [convert_group([head], settings, form, f"{stem}-{i + 1}") for i, head in enumerate(heads)]
    good = [made for made in alone if made.artifacts]
    bad = tuple(outcome for made in alone if not made.artifacts for outcome in made.outcomes)
    if 1 < len(good) < len(heads):
        for artifact in (made.artifacts[0] for made in good):
            for file in (artifact.file, artifact.probe):
                file.path.unlink()
        together = convert_group([made.outcomes[0].head for made in good], settings, form, stem)
        return Made(together.artifacts, together.outcomes + bad)
    artifacts = tuple(artifact for made in good for artifact in made.artifacts)
    return Made(artifacts, tuple(outcome for made in good for outcome in made.outcomes) + bad)


def _stem(window: int, settings: Settings, form: Form) -> str:
    safe = ["safe"] if form.layernorm == "safe" else []
    return "-".join([form.stage.replace("+", "-"), str(window), settings.precision, *safe])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be a head."""

    name: str
    path: Path
    sha256: str
    threshold: float
    words: tuple[int, ...]
    """See `Head.words`."""


def readable(candidates: Sequence[Candidate]) -> tuple[list[Head], list[tuple[str, str]]]:
    """Return those that are heads, and the names of the others with the reason."""
    good: list[Head] = []
    refused: list[tuple[str, str]] = []
    for each in candidates:
        try:
            graph = read_heads([(each.name, each.path)])[0]
        except ModelError as exc:
            refused.append((each.name, str(exc).removeprefix(f"head {each.name}: ")))
        else:
            words = tuple(word for word in each.words if word < graph.outputs) or (0,)
            good.append(Head(each.name, each.path, each.sha256, graph.window, each.threshold, words))
    return good, refused

"""`edged replay`: what was heard then, heard again with the models and rules of now."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edged.cli.plain import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edged.runtime.clips.document import Decided, Document
    from edged.runtime.clips.replayed import Replayed

DIFFERENT = 1
"""Exit code where scores or decisions came out otherwise."""


def replay(
    clip: Annotated[str, typer.Argument(metavar="CLIP", help="Its id, see `edged clips list`, or its path.")],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Hear a clip again: exit code 0 same scores and decisions as then, 1 others."""
    from edged.cli.clips import located
    from edged.config.load import load
    from edged.runtime.clips.replay import replay_at

    loaded = load(config, secrets=False).config
    found = replay_at(located(clip, loaded), loaded)
    if as_json:
        print(json.dumps(document_of(found), ensure_ascii=False, indent=2))
    else:
        _show(found)
    raise typer.Exit(0 if found.same else DIFFERENT)


def document_of(found: "Replayed") -> dict[str, Any]:
    """Return what `--json` prints."""
    then, run = found.document, found.run
    curve = then.curve
    words: dict[str, Any] = {}
    for word, facts in then.words.items():
        column = run.columns.get(word)
        words[word] = {
            "then": list(curve.scores[facts.column]) if curve else [],
            "now": list(run.scores[column]) if column is not None else None,
            "difference": found.differences.get(word),
            "speech_then": list(curve.speech[word]) if curve else [],
            "speech_now": list(run.speech[word]) if word in run.speech else None,
        }
    return {
        "id": then.id,
        "kind": then.kind,
        "word": then.word,
        "wall": then.wall,
        "same": found.same,
        "same_scores": found.same_scores,
        "same_decisions": found.same_decisions,
        "tolerance": found.tolerance,
        "changes": list(found.changes),
        "ends": list(curve.ends) if curve else [],
        "words": words,
        "decisions_then": [_decision(each) for each in then.decisions],
        "decisions_now": [_decision(each) for each in run.decisions],
        "backends_then": {stage: each.provider for stage, each in then.backends.items()},
        "backends_now": dict(run.backends),
        "speech_measured_anew": list(run.measured),
    }


def _decision(each: "Decided") -> dict[str, Any]:
    return {
        "hop": each.hop,
        "word": each.word,
        "heard": each.reason is None,
        "reason": each.reason,
        "score": each.score,
        "end_sample": each.end_sample,
    }


def _show(found: "Replayed") -> None:
    from rich.console import Console

    console = Console(highlight=False)
    then = found.document
    console.print(f"{then.id}: {then.kind.replace('_', ' ')} of {then.word}, {then.wall}", markup=False)
    console.print(_table(found))
    for line in _lines(found):
        say(console, line)


def _table(found: "Replayed") -> Any:
    from rich.table import Table

    then, run = found.document, found.run
    table = Table(box=None, padding=(0, 1, 0, 0))
    for column in ("hop", "s", "then", "now", "difference", "speech", "decided then", "decided now"):
        table.add_column(column, no_wrap=True, justify="left" if column.startswith("decided") else "right")
    curve, column = then.curve, run.columns.get(then.word)
    if curve is None or then.word not in then.words:
        return table
    before = curve.scores[then.words[then.word].column]
    after = run.scores[column] if column is not None else None
    for index, end in enumerate(curve.ends):
        speech = curve.speech[then.word][index]
        table.add_row(
            str(index),
            f"{(end - then.sample) / 16_000:+.2f}",
            f"{before[index]:.4f}",
            "" if after is None else f"{after[index]:.4f}",
            "" if after is None else f"{after[index] - before[index]:+.1e}",
            "" if speech is None else f"{speech:.2f}",
            _at(then.decisions, index, then.word),
            _at(run.decisions, index, then.word),
        )
    return table


def _at(decisions: "Sequence[Decided]", hop: int, word: str) -> str:
    """Return what was decided at a hop; of another word with its name."""
    told = [
        (each.reason or "heard") + ("" if each.word == word else f" ({each.word})")
        for each in decisions
        if each.hop == hop
    ]
    return ", ".join(told)


def _lines(found: "Replayed") -> "Iterator[str]":
    then, run = found.document, found.run
    for word, difference in found.differences.items():
        yield f"{word}: scores differ by {difference:.1e} at most; {found.tolerance:g} counts as none"
    now = ", ".join(f"{stage} {provider}" for stage, provider in run.backends.items())
    yield f"ran on: {_stages(then)} then; {now} now"
    if run.measured:
        yield f"the speech gate was asked anew for {', '.join(run.measured)}: it was not asked so then"
    for sentence in found.changes:
        yield f"changed: {sentence}"
    if not found.changes and then.made_by.config != run.made_by.config:
        yield "the configuration is another one, in nothing that scores or decisions depend on"
    if found.same:
        yield "same scores, same decisions"
    else:
        what = [
            name
            for name, same in (("scores", found.same_scores), ("decisions", found.same_decisions))
            if not same
        ]
        yield f"DIFFERENT: {' and '.join(what)}"


def _stages(then: "Document") -> str:
    return ", ".join(f"{stage} {backend.provider}" for stage, backend in then.backends.items())

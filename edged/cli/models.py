"""`edged models`: list, pull, import, convert and verify what lies on disk.

What only these commands need is imported by them: a daemon of the same program carries it for months.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from edged.catalog.inventory import Item, inventory
from edged.catalog.known import known
from edged.catalog.licence import non_commercial
from edged.catalog.places import destination
from edged.catalog.search import find
from edged.catalog.verify import verify
from edged.cli.runnable import not_run_yet
from edged.config.load import load
from edged.errors import ModelError

if TYPE_CHECKING:
    from rich.progress import TaskID

    from edged.catalog.pull import Pulled

app = typer.Typer(help="Models on disk: list, pull, import, convert, verify.", no_args_is_help=True)

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
    from rich.table import Table

    items = inventory(_folder(models_dir, config))
    if as_json:
        print(json.dumps([_document(item) for item in items], ensure_ascii=False, indent=2))
        return
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
        console.print(f"in {place}: {', '.join(names)}", markup=False, highlight=False, soft_wrap=True)
    for note, names in _notes(items).items():
        console.print(f"{note}: {', '.join(names)}", markup=False, highlight=False, soft_wrap=True)
    for item in items:
        if item.problem:
            console.print(item.problem, style="red", markup=False, highlight=False)


@app.command("pull")
def pull_models(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="Models of the catalog.")] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PATH|URL",
            help="A folder or mirror of wheels and archives, or one of them; nothing else is asked then.",
        ),
    ] = None,
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All models of the catalog, large ones too.")
    ] = False,
) -> None:
    """Get models from where their makers publish them, or a mirror: whole or not at all."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from edged.catalog.pull import pull

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
            mirror=load(config, secrets=False).config.models.mirror if source is None else "",
            progress=show,
            waiting=lambda: console.print("another pull is at work in that folder; waiting for it"),
        )
    _tell(pulled, console)


def _tell(pulled: "Sequence[Pulled]", console: Console) -> None:
    for each in pulled:
        model, how = each.model, "pulled" if each.fresh else "was there, whole"
        console.print(f"{model.name}: {how} ({model.folder})", markup=False, highlight=False, soft_wrap=True)
        if each.fresh and model.unverified:
            text = "its sha256 was recorded now; whether it is what its makers published, nobody checked"
            console.print(f"{model.name}: {text}", markup=False, highlight=False, soft_wrap=True)
        if missing := not_run_yet(model):
            text = f"this version cannot run it: {missing}"
            console.print(f"{model.name}: {text}", markup=False, highlight=False, soft_wrap=True)
    for licence in dict.fromkeys(each.model.licence for each in pulled):
        ours = [each.model for each in pulled if each.model.licence == licence]
        text = f"licence {licence}: {', '.join(model.name for model in ours)}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        for maker in dict.fromkeys(maker for model in ours for maker in model.attribution.split("; ")):
            console.print(f"  by {maker}", markup=False, highlight=False, soft_wrap=True)
        if non_commercial(licence):
            text = f'  not for commercial use; to use them: [models] accept_licences = ["{licence}"]'
            console.print(text, markup=False, highlight=False, soft_wrap=True)


IN_CONFIGURATION = {
    "head": '[[heads.word]] name = "{}"',
    "vad": '[listen] vad = "{}"',
    "recognizer": '[recognize] model = "{}"',
    "itn": '[recognize] itn = "{}"',
    "punctuation": '[recognize] punctuation = "{}"',
    "melspectrogram": '[features] melspectrogram = "{}"',
    "embedding": '[features] embedding = "{}"',
}
"""How the configuration names a model, by kind."""


@app.command("import")
def import_one(
    path: Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="Your own model.")],
    name: Annotated[str | None, typer.Option("--name", help="Default: the name of FILE or FOLDER.")] = None,
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
) -> None:
    """Tell what a file or folder is by its contents, and copy it to the models if edged runs it."""
    from edged.catalog.importing import import_model
    from edged.runtime.trial import try_model

    console = Console(stderr=True)
    imported = import_model(
        path,
        destination(_folder(models_dir, config)),
        name,
        trial=try_model,
        waiting=lambda: console.print("another pull or import is at work in that folder; waiting for it"),
    )
    model = imported.model
    how = "imported" if imported.fresh else "was there, whole"
    rest = ""
    if non_commercial(model.licence):
        rest = f': not for commercial use; to use it: [models] accept_licences = ["{model.licence}"]'
    elif model.licence == "unknown":
        rest = ": ask its maker before you pass it on"
    key = IN_CONFIGURATION.get(model.kind, "").format(model.name)
    for line in (
        f"{model.name}: {how} ({model.folder})",
        f"  {imported.what}",
        f"  licence {model.licence}{rest}",
        f"  in the configuration: {key or 'nothing names a model of this kind yet'}",
    ):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


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


@app.command("convert")
def convert_heads(
    heads: Annotated[
        list[str] | None,
        typer.Argument(metavar="HEAD…", help="Names or .onnx files; default: those of the configuration."),
    ] = None,
    target: Annotated[str, typer.Option("--target", help="The chip.")] = "rk3588",
    int8: Annotated[
        Path | None,
        typer.Option(
            "--int8", metavar="DIR", help="8 bit instead of fp16, calibrated with recordings of yours."
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="DIR", help="Judge the result on these recordings as well."),
    ] = None,
    fused: Annotated[
        bool, typer.Option("--fused", help="Also make graphs that hold the embedding model.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Models folder; default as of pull.")] = None,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Compile heads for the NPU, and judge them in a simulator; any fast machine will do."""
    from edged.catalog.convert.convert import TARGETS
    from edged.cli.conversion import document, table
    from edged.runtime.conversion import Told, Wish, convert_models

    if target not in TARGETS:
        raise typer.BadParameter(f"--target {target}: one of {', '.join(TARGETS)}")
    loaded = load(config, secrets=False).config
    console = Console(stderr=True)
    with console.status("reading models") as status:
        converted = convert_models(
            Wish(heads or (), target, destination(out or loaded.models.dir), fused, int8, check),
            loaded,
            Told(
                environment=status.update,
                step=lambda file, step: status.update(f"{file}: {step}"),
                waiting=lambda: console.print("a pull or import is at work in that folder; waiting for it"),
            ),
        )
    if as_json:
        print(json.dumps(document(converted), ensure_ascii=False, indent=2))
    else:
        table(converted, console)
    if heads and converted.refused:
        said = "; ".join(f"{name}: {reason}" for name, reason in converted.refused.items())
        raise ModelError(f"{len(converted.refused)} of {len(heads)} heads stay on the CPU: {said}")


def _folder(models_dir: Path | None, config: Path | None) -> Path | None:
    """Return the folder that was named, here or in the configuration."""
    return models_dir or load(config, secrets=False).config.models.dir


def _verified(name: str, models_dir: Path | None) -> Item:
    try:
        model = find(name, models_dir=models_dir)
        verify(model)
    except ModelError as exc:
        return Item(name, "damaged", None, None, str(exc))
    return Item(model.name, "installed", model, model.folder)


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

"""`edged models`: list, pull, import, convert and verify what lies on disk.

What only these commands need is imported by them: a daemon of the same program carries it for months.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from edged.catalog.inventory import Item, inventory
from edged.catalog.known import known
from edged.catalog.licence import non_commercial
from edged.catalog.places import destination
from edged.catalog.search import find
from edged.catalog.verify import verify
from edged.cli import listing
from edged.cli.plain import say
from edged.config.load import load
from edged.errors import ModelError

if TYPE_CHECKING:
    from rich.progress import TaskID

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
    items = inventory(_folder(models_dir, config))
    if as_json:
        print(json.dumps([listing.document(item) for item in items], ensure_ascii=False, indent=2))
        return
    listing.show(items)


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
    from edged.cli.pulled import tell

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
    tell(pulled, console)


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
        say(console, line)


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
        print(json.dumps([listing.document(item) for item in items], ensure_ascii=False, indent=2))
    else:
        console = Console(stderr=True)
        for item in items:
            text = item.problem or f"{item.name}: whole ({item.folder})"
            say(console, text)
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

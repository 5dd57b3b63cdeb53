"""`edged-bench accuracy`: what is heard and what is taken for a wake word, on the user's own recordings."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edged.bench.commands.options import AsJson, ConfigFile


def accuracy(
    config: ConfigFile = None,
    positive: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD=FOLDER", help="Recordings of a word; may be repeated."),
    ] = None,
    negative: Annotated[
        list[Path] | None,
        typer.Option(help="Folder or recording without any wake word; may be repeated."),
    ] = None,
    list_: Annotated[
        list[Path] | None,
        typer.Option(
            "--list", help="TSV of FILE, tab, WORD or -; or TOML of [[recording]]; may be repeated."
        ),
    ] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option(
            min=0.001, max=1.0, help="Of the curve; may be repeated; default 23 from 0.05 to 0.999."
        ),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve/--no-curve", help="Misses and false accepts at each.")
    ] = True,
    quiet: Annotated[
        float, typer.Option(min=0.0, max=60.0, help="Seconds of quiet noise around each recording.")
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Recall and false accepts per hour with their intervals, decided as the daemon decides."""
    from rich.console import Console
    from rich.progress import track

    from edged.bench.accuracy import THRESHOLDS, run, table
    from edged.bench.header import closed, header
    from edged.bench.labelled import labelled
    from edged.bench.used import models_of
    from edged.config.load import load

    read = load(config, secrets=False).config
    words = [word.name for word in read.heads.word]
    recordings = labelled(positive or [], negative or [], list_ or [], words)
    begun = header(models_of(read), power_sensor=read.telemetry.power_sensor or None)
    asked = tuple(sorted(set(threshold))) if threshold else THRESHOLDS
    console = Console(stderr=True)
    shown = partial(track, description="hearing", console=console, disable=not console.is_terminal)
    result = run(read, recordings, asked if curve else (), quiet, shown)
    whole = {"bench": "accuracy", "header": closed(begun), **result}
    typer.echo(json.dumps(whole, indent=2) if as_json else table(result))

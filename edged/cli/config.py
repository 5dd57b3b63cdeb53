"""`edged config`: check the file, show what is in force, print the schema."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from edged.config.advice import advice
from edged.config.credentials import DIRECTORY
from edged.config.load import Loaded, load
from edged.config.schema import json_schema
from edged.config.show import as_json, as_toml
from edged.errors import ConfigError
from edged.runtime.placement import fast_cores
from edged.stages.audio.spec import parse

app = typer.Typer(no_args_is_help=True, help="Check and show the configuration.")

File = Annotated[
    Path | None,
    typer.Option("-c", "--config", metavar="FILE", help="Default: /etc/edged/edged.toml, if it exists."),
]


@app.command()
def check(file: File = None) -> None:
    """Say whether the configuration is good; every problem at once if not, exit code 78."""
    loaded = _load(file)
    names = [str(name) for name in loaded.files[:1]] or ["no file, built-in defaults"]
    print(f"{names[0]}: good")
    for sentence in advice(loaded.config, fast_cores()):
        print(f"{names[0]}: {sentence}", file=sys.stderr)


@app.command()
def show(
    file: File = None,
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document instead of TOML.")] = False,
) -> None:
    """Print the effective configuration with the origin of each value; secrets are masked."""
    loaded = _load(file)
    print(json.dumps(as_json(loaded), indent=2) if as_document else as_toml(loaded), end="")
    if as_document:
        print()


@app.command()
def schema() -> None:
    """Print the JSON Schema of the file, for editors."""
    print(json.dumps(json_schema(), indent=2))


def _load(file: Path | None) -> Loaded:
    loaded = load(file, os.environ, secrets=DIRECTORY in os.environ)  # a shell has none
    if loaded.config.audio.source:
        try:
            parse(loaded.config.audio.source)
        except ConfigError as exc:
            raise ConfigError(f"{loaded.origins['audio.source']}: [audio] {exc}") from exc
    return loaded

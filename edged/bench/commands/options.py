"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Recordings = Annotated[list[Path], typer.Argument(help="Recordings: wav, flac, ogg, mp3.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", help="As for `edged run`.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]

"""`edged-bench utterances`: whether a recognizer's process grows with what it recognizes."""

import json
from pathlib import Path
from typing import Annotated

import typer

from edged.bench.commands.asr import Mode
from edged.bench.commands.options import AsJson, ModelsDir, folder_of, rows


def utterances(
    files: Annotated[list[Path], typer.Argument(help="Recordings of commands: wav, flac, ogg, mp3.")],
    model: Annotated[str, typer.Option(help="Recognizer by catalog name.")] = "selftest",
    mode: Annotated[Mode, typer.Option(help="How to decode.")] = Mode.AUTO,
    count: Annotated[int, typer.Option(min=20, help="Utterances in all.")] = 2000,
    models_dir: ModelsDir = None,
    as_json: AsJson = False,
) -> None:
    """Whether memory grows with the utterances that are recognized."""
    from edged.bench.utterances import run
    from edged.catalog.search import find
    from edged.stages.audio.recording import read_all

    found = find(model, "recognizer", folder_of(models_dir))
    result = run([read_all(file, max_s=25.0) for file in files], found, mode.value, count)
    typer.echo(json.dumps(result, indent=2) if as_json else rows(result))

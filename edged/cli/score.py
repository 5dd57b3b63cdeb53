"""`edged score`: what every head thinks of a recording, hop by hop, with nothing gated or padded."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from edged.geometry import HOP


def score(
    files: Annotated[list[Path], typer.Argument(help="Recordings: wav, flac, ogg, mp3.")],
    head: Annotated[
        list[str] | None,
        typer.Option(help="Head by name or .onnx path; may be repeated; default those of the file."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
) -> None:
    """Print the scores of recordings."""
    from rich.console import Console
    from rich.table import Table

    from edged.config.load import load
    from edged.runtime.scores import score_files

    results = score_files(files, head or [], load(config, secrets=False).config)
    if as_json:
        typer.echo(json.dumps(results))
        return
    table = Table("file", "word", "highest", "at")
    for result in results:
        for word, scores in result["scores"].items():
            table.add_row(result["file"], word, *_peak(scores))
    Console().print(table)


def _peak(scores: list[Any]) -> tuple[str, str]:
    if not scores:
        return "-", "shorter than one hop"
    hop = max(range(len(scores)), key=scores.__getitem__)
    return f"{scores[hop]:.3f}", f"{(hop + 1) * HOP / 16_000:.2f} s"

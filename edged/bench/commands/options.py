"""Arguments and options that several commands have, and what is printed for people where no table is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import typer

Recordings = Annotated[list[Path], typer.Argument(help="Recordings: wav, flac, ogg, mp3.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", help="As for `edged run`.")]
ModelsDir = Annotated[Path | None, typer.Option("--dir", help="Models folder; default as `edged models`.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def folder_of(models_dir: Path | None) -> Path | None:
    """Return where models are looked for first: as told, else as configured."""
    from edged.config.load import load

    return models_dir or load(None, secrets=False).config.models.dir


def rows(result: Mapping[str, Any]) -> str:
    """Return a result as one line per number."""
    lines: list[str] = []
    for name, value in result.items():
        inner = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        lines += [f"{name}.{key:<24}{number}" for key, number in inner.items() if not _is_long(number)]
        if not inner:
            lines.append(f"{name:<24}{value}")
    return "\n".join(lines)


def _is_long(value: object) -> bool:
    """Tell what is for programs: lists of what was measured one by one."""
    return isinstance(value, list) and len(cast("list[object]", value)) > 4

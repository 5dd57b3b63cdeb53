"""`edged transcribe`: recordings of any length to text, JSON or subtitles."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Form(StrEnum):
    """What comes out."""

    TEXT = "text"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"


def transcribe(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Recordings: wav, flac, ogg, mp3; with ffmpeg also mp4, m4a, webm and others."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="What comes out.")] = Form.TEXT,
    scp: Annotated[
        Path | None, typer.Option(help="List of recordings as Kaldi's wav.scp: ID PATH on each line.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for one file per recording; an interrupted run goes on where it was."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the recordings, of those that the model speaks.")
    ] = None,
    hotwords: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Phrases to prefer, one a line, weight last.")
    ] = None,
    itn: Annotated[
        bool | None, typer.Option("--itn/--no-itn", help="Numbers as people write them, or as spoken.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that recognize, below the microphone's priority.")
    ] = 1,
) -> None:
    """Recognize recordings from beginning to end, without a wake word."""
    import os

    from edged.config.load import load
    from edged.errors import AudioInputError
    from edged.runtime.jobs.priority import NICER
    from edged.runtime.transcribe.files import transcribe as transcribe_files
    from edged.runtime.transcribe.listing import listed
    from edged.stages.recognize.recognizer import Options

    if not files and scp is None:
        raise typer.BadParameter("name a recording, or a list with --scp", param_hint="FILES")
    items = listed(files or [], scp, told_apart=out is not None)
    if form in (Form.SRT, Form.VTT) and out is None and len(items) > 1:
        raise typer.BadParameter(f"several recordings as {form} need --out", param_hint="--format")
    os.nice(NICER)
    settings = load(config, secrets=False).config
    said = {"language": language, "hotwords_file": None if hotwords is None else str(hotwords)}
    said = {key: value for key, value in said.items() if value is not None}
    settings = settings.model_copy(update={"recognize": settings.recognize.model_copy(update=said)})
    asked = Options(partials=False, itn=itn)
    if transcribe_files(items, settings, form.value, out, jobs, asked):
        raise typer.Exit(AudioInputError.exit_code)

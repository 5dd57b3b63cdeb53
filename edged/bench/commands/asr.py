"""`edged-bench asr`: one recognizer, its cost, how soon its text comes, and how right it is."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edged.bench.commands.options import AsJson, ModelsDir, folder_of, rows


class Mode(StrEnum):
    """How a recognizer decodes."""

    AUTO = "auto"
    STREAMING = "streaming"
    OFFLINE = "offline"


def asr(
    files: Annotated[list[Path], typer.Argument(help="Recordings of commands: wav, flac, ogg, mp3.")],
    model: Annotated[str, typer.Option(help="Recognizer by catalog name.")] = "selftest",
    mode: Annotated[Mode, typer.Option(help="How to decode.")] = Mode.AUTO,
    repeats: Annotated[
        int, typer.Option(min=0, help="Interleaved pairs for the overhead: 0, or at least 5.")
    ] = 7,
    speed: Annotated[float, typer.Option(min=1, help="Times real time, for the overhead.")] = 10.0,
    utterances: Annotated[int, typer.Option(min=5, help="Commands at real pace for the latency.")] = 20,
    said: Annotated[
        Path | None, typer.Option(help="TSV of FILE, tab, TEXT; default the .txt beside each recording.")
    ] = None,
    models_dir: ModelsDir = None,
    as_json: AsJson = False,
) -> None:
    """Load time, memory, real-time factor, latency, overhead over sherpa-onnx alone, and word error rate."""
    from edged.bench import asr as alone
    from edged.bench import recognizer
    from edged.bench.header import closed, header
    from edged.bench.spread import enough
    from edged.bench.wording import references
    from edged.catalog.search import find
    from edged.stages.audio.recording import read_all

    if repeats:
        enough(repeats)
    found = find(model, "recognizer", folder_of(models_dir))
    sounds = [(file, read_all(file, max_s=25.0)) for file in files]
    known = references(files, said)
    pcms = [pcm for _, pcm in sounds]
    begun = header([found], [(str(file), pcm) for file, pcm in sounds])
    result = {
        "bench": "asr",
        "model": found.name,
        "alone": alone.run(found, sounds, mode.value, known),
        "overhead": recognizer.overhead(found, pcms, mode.value, repeats, speed) if repeats else None,
        "latency": recognizer.latency(found, pcms, mode.value, utterances),
    }
    whole = {**result, "header": closed(begun)}
    typer.echo(json.dumps(whole, indent=2) if as_json else rows(result))

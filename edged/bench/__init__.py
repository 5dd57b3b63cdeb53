"""edged-bench: numbers that were measured, and nothing else."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from edged.bench import commands
from edged.bench.commands.options import AsJson, ModelsDir, folder_of, rows
from edged.command import run_command

app = typer.Typer(
    name="edged-bench",
    help="Measures what runs here: ratios from interleaved runs, medians with spread and n.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
commands.add_to(app)


@app.command("peers")
def measure_peers(
    blocks: Annotated[int, typer.Option(min=5, help="Blocks of 50 hops per peer.")] = 20,
    paced_s: Annotated[float, typer.Option(min=0, help="Seconds at the real 80 ms pace.")] = 20.0,
    models_dir: ModelsDir = None,
    as_json: AsJson = False,
) -> None:
    """Processor time from sound to score with one head: edged, openWakeWord, pyopen-wakeword in turn."""
    from edged.bench.contenders import WORD, Models
    from edged.bench.peers import run, table
    from edged.catalog.search import find

    folder = folder_of(models_dir)

    def file(name: str) -> Path:
        return find(name, models_dir=folder).files["model"].path

    models = Models(file("melspectrogram"), file("embedding"), file(WORD))
    result = run(models, blocks=blocks, paced_s=paced_s)
    _say(result, table(result), as_json)


@app.command("stages")
def measure_stages(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="As for `edged run`.")] = None,
    hops: Annotated[int, typer.Option(min=20, help="Hops of 80 ms per backend.")] = 250,
    models_dir: ModelsDir = None,
    as_json: AsJson = False,
) -> None:
    """What features and heads cost on each backend that really runs here: start, wall, processor, lock."""
    from edged.bench.header import closed, header
    from edged.bench.stages import run, table
    from edged.config.load import load

    read = load(config, secrets=False).config
    begun = header(power_sensor=read.telemetry.power_sensor or None)
    result = run(read, models_dir or read.models.dir, hops)
    _say({**result, "header": closed(begun)}, table(result), as_json)


@app.command("memory")
def measure_memory(
    files: Annotated[list[Path], typer.Argument(help="Recordings with the wake word in them.")],
    config: Annotated[Path | None, typer.Option("--config", "-c", help="As for `edged run`.")] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of sound before the look.")] = 20.0,
    as_json: AsJson = False,
) -> None:
    """Memory of `edged run` without a recognizer, hearing recordings at real pace."""
    from edged.bench.memory import run
    from edged.stages.audio.recording import read_all

    result = run([read_all(file) for file in files], config, seconds)
    _say(result, rows(result), as_json)


@app.command("soak")
def measure_soak(
    files: Annotated[list[Path], typer.Argument(help="Recordings with the wake word in them, and others.")],
    config: Annotated[Path | None, typer.Option("--config", "-c", help="As for `edged run`.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, help="Hours of sound, heard as fast as it goes.")] = 24.0,
    as_json: AsJson = False,
) -> None:
    """Memory, descriptors and what is heard over many hours of one loop of sound."""
    from edged.bench.soak import run
    from edged.stages.audio.recording import read_all

    result = run([read_all(file) for file in files], config, hours)
    _say(result, rows(result), as_json)


@app.command("calibration")
def measure_calibration(
    folders: Annotated[
        list[Path], typer.Argument(help="Recordings without any of the words; each folder is a source.")
    ],
    head: Annotated[
        list[str], typer.Option(help="NAME, or NAME=FOLDER of recordings of its word; may be repeated.")
    ],
    budget: Annotated[list[str] | None, typer.Option(help="Such as 4/hour; may be repeated.")] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="As for `edged run`.")] = None,
    as_json: AsJson = False,
) -> None:
    """What thresholds of `edged calibrate` are worth on recordings that they were not made from."""
    from edged.bench.calibration import run, spoken, table
    from edged.calibrate.budget import parse
    from edged.config.load import load

    budgets = [parse(text) for text in budget or ("4/hour", "2/hour", "1/week")]
    result = run(load(config, secrets=False).config, [spoken(text) for text in head], folders, budgets)
    _say(result, table(result), as_json)


@app.command("faults")
def play_faults(
    files: Annotated[list[Path], typer.Argument(help="Recordings with the wake word and a command in them.")],
    config: Annotated[Path | None, typer.Option("--config", "-c", help="As for `edged run`.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Play this fault alone; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """What a running daemon does when microphone, recognizer, disk, reader or path break, and how soon."""
    from edged.bench.faults.play import play
    from edged.stages.audio.recording import read_all

    result = play([read_all(file) for file in files], config, only or ())
    _say(result, rows(result), as_json)


@app.command("jobs")
def measure_jobs(
    files: Annotated[list[Path], typer.Argument(help="Recordings with the wake word and speech in them.")],
    config: Annotated[Path | None, typer.Option("--config", "-c", help="As for `edged run`.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=16, help="Recordings recognized at once.")] = 4,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of a phase without and one with them.")] = 6,
    seconds: Annotated[float, typer.Option(min=2, help="Seconds of a phase.")] = 20.0,
    as_json: AsJson = False,
) -> None:
    """Latency of the microphone's path alone and beside recordings that are recognized, in turn."""
    from edged.bench.jobs import run
    from edged.stages.audio.recording import read_all

    result = run([read_all(file) for file in files], config, jobs, rounds, seconds)
    _say(result, rows(result), as_json)


@app.command("clients")
def measure_clients(
    file: Annotated[Path, typer.Argument(help="Recording with the wake word and a command in it.")],
    command_from: Annotated[
        float, typer.Option(min=0, help="Seconds into it at which the command begins, after the wake word.")
    ] = 0.0,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="As for `edged run`.")] = None,
    clients: Annotated[int, typer.Option(min=0, max=500, help="Of every kind, at once; 0: none.")] = 50,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds that they come for.")] = 120.0,
    crowds: Annotated[int, typer.Option(min=1, help="So often, with a pause between.")] = 1,
    satellites: Annotated[int, typer.Option(min=0, max=512, help="Up to so many wake streams.")] = 512,
    level: Annotated[float, typer.Option(min=5, help="Seconds of each number of wake streams.")] = 20.0,
    as_json: AsJson = False,
) -> None:
    """What clients of every protocol get beside the microphone, and how many satellites are held."""
    from edged.bench.clients import LEVELS, run, table
    from edged.geometry import SAMPLE_RATE
    from edged.stages.audio.recording import read_all

    sound = read_all(file)
    levels = [streams for streams in LEVELS if streams <= satellites]
    command = sound[round(command_from * SAMPLE_RATE) :]
    result = run(sound, command, config, clients, seconds, levels, level, crowds=crowds)
    _say(result, table(result), as_json)


def _say(result: dict[str, Any], text: str, as_json: bool) -> None:
    typer.echo(json.dumps(result, indent=2) if as_json else text)


def main() -> None:
    """Run the command line."""
    run_command("edged-bench", app)

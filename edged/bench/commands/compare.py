"""`edged-bench compare`: two configurations or backends on the same recordings, in turn."""

import json
from typing import Annotated, Any

import typer

from edged.bench.commands.options import AsJson, ConfigFile, Recordings


def compare(
    a: Annotated[str, typer.Argument(help="A TOML file, or cpu, opencl, ort-opencl, rknn.", metavar="A")],
    b: Annotated[str, typer.Argument(help="What it is compared with, likewise.", metavar="B")],
    files: Recordings,
    config: ConfigFile = None,
    rounds: Annotated[int, typer.Option(help="Rounds that count, of each side; at least 5.")] = 11,
    as_json: AsJson = False,
) -> None:
    """Cost and answers of two configurations or backends, interleaved: medians, ratio with interval, n."""
    from edged.bench import compare as comparing
    from edged.bench.compare_table import table
    from edged.bench.side import asked
    from edged.bench.spread import enough
    from edged.stages.audio.recording import read_all

    enough(rounds)
    sides = (asked(a, config), asked(b, config))
    named = [(str(file), read_all(file)) for file in files]
    begun = _header(sides, named)
    result = comparing.run(*sides, files, rounds)
    whole = {"bench": "compare", "header": _closed(begun), **result}
    typer.echo(json.dumps(whole, indent=2) if as_json else table(result))


def _header(sides: Any, named: list[tuple[str, Any]]) -> dict[str, Any]:
    from edged.bench.header import header
    from edged.bench.used import models_of
    from edged.config.load import load

    configs = [load(side.config, overrides=side.overrides, secrets=False).config for side in sides]
    models = {model.name: model for config in configs for model in models_of(config)}
    return header(models.values(), named, configs[0].telemetry.power_sensor or None)


def _closed(begun: dict[str, Any]) -> dict[str, Any]:
    from edged.bench.header import closed

    return closed(begun)

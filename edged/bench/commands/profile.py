"""`edged-bench profile`: the time of each OpenCL kernel."""

import json
from typing import Annotated

import typer

from edged.bench.commands.options import AsJson, ConfigFile


def profile(
    config: ConfigFile = None,
    steps: Annotated[int, typer.Option(min=5, help="Hops that count.")] = 50,
    as_json: AsJson = False,
) -> None:
    """What each OpenCL kernel takes on the device that the configuration names, by its own clock."""
    from edged.backends.openers import FeatureModels
    from edged.bench.header import closed, header
    from edged.bench.profile import run, table
    from edged.catalog.search import find
    from edged.config.load import load

    read = load(config, secrets=False).config
    asked, folder = read.features, read.models.dir
    mel = find(asked.melspectrogram, "melspectrogram", folder)
    embedding = find(asked.embedding, "embedding", folder)
    mel_file, embedding_file = (model.files["model"].path for model in (mel, embedding))
    begun = header([mel, embedding])
    models = FeatureModels(mel_file, embedding_file, asked.device, asked.precision, asked.mem_limit_mb)
    result = run(models, steps)
    whole = {**result, "header": closed(begun)}
    typer.echo(json.dumps(whole, indent=2) if as_json else table(result))

"""`edged-bench threads`: what more threads, parallel execution and spinning do to the embedding."""

import json
from typing import Annotated

import typer

from edged.bench.commands.options import AsJson, ModelsDir, folder_of


def threads(
    rounds: Annotated[int, typer.Option(help="Rounds of each setting; at least 5.")] = 11,
    steps: Annotated[int, typer.Option(min=1, help="Hops in a round.")] = 25,
    models_dir: ModelsDir = None,
    as_json: AsJson = False,
) -> None:
    """The embedding with other thread settings, in turn, each as a ratio to edged's own."""
    from edged.bench.header import closed, header
    from edged.bench.threads import run, table
    from edged.catalog.search import find

    model = find("embedding", "embedding", folder_of(models_dir))
    begun = header([model])
    result = run(model.files["model"].path, rounds, steps)
    whole = {**result, "header": closed(begun)}
    typer.echo(json.dumps(whole, indent=2) if as_json else table(result))

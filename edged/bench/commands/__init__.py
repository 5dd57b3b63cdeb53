"""Commands of edged-bench that need more than a few lines of their own, one a file."""

import typer

from edged.bench.commands import accuracy, compare


def add_to(app: typer.Typer) -> None:
    """Add them to a command line."""
    app.command("accuracy")(accuracy.accuracy)
    app.command("compare")(compare.compare)

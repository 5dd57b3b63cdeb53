"""Commands of edged-bench that need more than a few lines of their own, one a file."""

import typer

from edged.bench.commands import compare


def add_to(app: typer.Typer) -> None:
    """Add them to a command line."""
    app.command("compare")(compare.compare)

"""edged: the command line. Errors are one sentence on stderr and an exit code, never a traceback."""

import os
import sys
import threading
from typing import Annotated, NoReturn

import typer

from edged import __version__
from edged.cli import config, models
from edged.cli.run import run
from edged.cli.score import score
from edged.errors import EdgedError, ProviderError

app = typer.Typer(
    name="edged",
    help="Hears a wake word and turns the command after it into text, on this machine alone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command()(score)
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"edged {__version__}")
        raise typer.Exit


@app.callback()
def _options(  # pyright: ignore[reportUnusedFunction]
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Hold what comes before a command."""


def main() -> None:
    """Run the command line and turn errors of ours into a sentence and their exit code."""
    try:
        app()
    except EdgedError as error:
        sys.stderr.write(f"edged: {error}\n")
        _leave(error.exit_code)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "edged"):
            raise
        again = "install edged again with all that it needs"
        sys.stderr.write(f"edged: the Python package {package} is not installed: {again}\n")
        _leave(ProviderError.exit_code)
    except KeyboardInterrupt:
        _leave(130)
    except SystemExit as end:
        _leave(end.code)


def _leave(code: str | int | None) -> NoReturn:
    """End the process, also where a thread hangs: Python itself would wait for it for ever.

    Such a thread was named when its time was over, e.g. a sink in a pipe that nobody reads. Standard output
    is not flushed then: that may be what it hangs in.
    """
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if any(not thread.daemon for thread in others) and not isinstance(code, str):
        sys.stderr.flush()
        os._exit(code or 0)
    raise SystemExit(code) from None

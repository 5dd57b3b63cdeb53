"""edged: the command line."""

from typing import Annotated

import typer

from edged import __version__
from edged.cli import clips, config, models, tune
from edged.cli.calibrate import calibrate
from edged.cli.devices import devices
from edged.cli.doctor import doctor
from edged.cli.orders import mute, trigger, unmute
from edged.cli.replay import replay
from edged.cli.report_bug import report_bug
from edged.cli.run import run
from edged.cli.score import score
from edged.cli.status import status
from edged.cli.transcribe import transcribe

app = typer.Typer(
    name="edged",
    help="Hears a wake word and turns the command after it into text, on this machine alone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command()(devices)
app.command()(score)
app.command()(transcribe)
app.command()(doctor)
app.command()(status)
app.command()(replay)
app.command("report-bug")(report_bug)
app.add_typer(clips.app, name="clips")
app.command()(calibrate)
app.command()(mute)
app.command()(unmute)
app.command()(trigger)
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")
app.add_typer(tune.app, name="tune")


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

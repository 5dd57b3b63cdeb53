"""`edged run`: the daemon itself, on a microphone or on a recording."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Pace(StrEnum):
    """How fast a recording is played."""

    REAL = "real"
    FAST = "fast"


def run(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="mic:, arecord:PCM, wyoming:URI, wav:PATH or stdin:RATE; default from the file."),
    ] = None,
    pace: Annotated[
        Pace, typer.Option(help="Play a recording as it was spoken, or as fast as it goes.")
    ] = Pace.REAL,
    events: Annotated[
        str | None, typer.Option(help="Events as JSON lines to this file, or - for stdout.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop after the first command was answered.")] = False,
    show: Annotated[
        bool | None,
        typer.Option(
            "--show/--no-show", help="What it hears, for a person; default where stdout is a terminal."
        ),
    ] = None,
) -> None:
    """Listen until the sound ends or somebody says stop."""
    from edged.runtime.signals import leave_at_once

    leave_at_once(0)  # until the daemon itself can close what is open
    from edged.config.load import load
    from edged.runtime.daemon import run_daemon
    from edged.serve.wanted import around
    from edged.telemetry.log import set_up_logging

    set_up_logging()
    overrides = {"audio.source": source, "sinks.jsonl.path": events}
    loaded = load(config, overrides=overrides)
    for_a_person = loaded.config.sinks.jsonl.path != "-" and sys.stdout.isatty() if show is None else show
    # in a terminal, SIGHUP says that the terminal is gone: that ends a program
    again = None if sys.stderr.isatty() else lambda: load(config, overrides=overrides).config
    run_daemon(
        loaded.config,
        fast=pace is Pace.FAST,
        once=once,
        show=for_a_person,
        again=again,
        around=around,
    )

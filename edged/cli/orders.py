"""`edged mute`, `unmute` and `trigger`: orders to the edged that runs, over its unix socket."""

from typing import Annotated

import typer

from edged.runtime.asking import ask, socket_of_running
from edged.stages.sinks.order import Name

Socket = Annotated[
    str | None, typer.Option("--socket", help="Its unix socket; default: what the running edged says.")
]


def mute(socket: Socket = None) -> None:
    """Let the running edged hear nothing until it is unmuted."""
    _order("mute", socket, "edged is muted: it hears nothing until `edged unmute`")


def unmute(socket: Socket = None) -> None:
    """Let the running edged hear again."""
    _order("unmute", socket, "edged hears again")


def trigger(socket: Socket = None) -> None:
    """Let the running edged listen to a command now, without a wake word."""
    _order("trigger", socket, "edged listens")


def _order(name: Name, socket: str | None, done: str) -> None:
    ask(socket or socket_of_running(), name)
    print(done)

"""The sinks that a configuration asks for."""

import contextlib

from edged.config.schema import Jsonl, Sinks
from edged.stages.sinks.console import ConsoleSink
from edged.stages.sinks.jsonl import JsonlSink
from edged.stages.sinks.log import LogSink
from edged.stages.sinks.order import Desk
from edged.stages.sinks.sink import Sink


def open_sinks(config: Sinks, show: bool, desk: Desk) -> list[Sink]:
    """Open every sink.

    Args:
        config: what is asked for.
        show: adds the terminal, which tells a person what the log tells elsewhere.
        desk: who takes the orders that come in by a sink.

    Raises:
        SinkError: one cannot be opened; those before it are closed again.
    """
    sinks: list[Sink] = []
    with contextlib.ExitStack() as opening:

        def add(sink: Sink) -> None:
            sinks.append(sink)
            opening.callback(sink.close)

        if (jsonl := open_jsonl(config.jsonl)) is not None:
            add(jsonl)
        if config.socket.path:
            from edged.stages.sinks.unix_socket import SocketSink  # only who asks for it pays for it

            add(SocketSink(config.socket.path, desk))
        if config.hooks.commands:
            from edged.stages.sinks.hooks import HooksSink

            add(HooksSink(config.hooks))
        if config.mqtt.host:
            from edged.stages.sinks.mqtt import MqttSink

            add(MqttSink(config.mqtt, desk))
        add(ConsoleSink() if show else LogSink())
        opening.pop_all()
    return sinks


def open_jsonl(config: Jsonl) -> JsonlSink | None:
    """Open the JSON lines, None where they are not wanted.

    Raises:
        SinkError: the file cannot be opened.
    """
    return JsonlSink(config.path, config.scores) if config.path else None

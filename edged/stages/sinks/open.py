"""The sinks that a configuration asks for."""

from edged.config.schema import Sinks
from edged.stages.sinks.console import ConsoleSink
from edged.stages.sinks.jsonl import JsonlSink
from edged.stages.sinks.sink import Sink


def open_sinks(config: Sinks, show: bool) -> list[Sink]:
    """Open every sink; `show` adds the terminal.

    Raises:
        SinkError: one cannot be opened.
    """
    sinks: list[Sink] = []
    if config.jsonl.path:
        sinks.append(JsonlSink(config.jsonl.path, config.jsonl.scores))
    if show:
        sinks.append(ConsoleSink())
    return sinks

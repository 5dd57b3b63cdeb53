"""The sinks that a configuration asks for."""

from edged.config.schema import Jsonl, Sinks
from edged.stages.sinks.console import ConsoleSink
from edged.stages.sinks.jsonl import JsonlSink
from edged.stages.sinks.log import LogSink
from edged.stages.sinks.sink import Sink


def open_sinks(config: Sinks, show: bool) -> list[Sink]:
    """Open every sink; `show` adds the terminal, which tells a person what the log tells elsewhere.

    Raises:
        SinkError: one cannot be opened.
    """
    sinks: list[Sink] = []
    if (jsonl := open_jsonl(config.jsonl)) is not None:
        sinks.append(jsonl)
    sinks.append(ConsoleSink() if show else LogSink())
    return sinks


def open_jsonl(config: Jsonl) -> JsonlSink | None:
    """Open the JSON lines, None where they are not wanted.

    Raises:
        SinkError: the file cannot be opened.
    """
    return JsonlSink(config.path, config.scores) if config.path else None

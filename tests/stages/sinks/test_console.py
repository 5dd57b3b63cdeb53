"""The terminal: what it cannot show or take is never the end of the run's story."""

import contextlib
import io
from pathlib import Path

import pytest

from edged.errors import SinkError
from edged.messages import Event, Partial, Scores
from edged.stages.sinks.console import ConsoleSink


def event(body) -> Event:
    return Event("mic", 1, 1280, "2026-01-01T00:00:00.000Z", body)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_text_can_be_shown_in_any_encoding(encoding):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    sink = ConsoleSink(file)
    sink.publish(event(Scores({"alexa": 0.5}, warming=False)))
    sink.publish(event(Partial("turn on 開燈")))
    shown = file.buffer.getvalue().decode(encoding)
    assert "score      alexa 0.50" in shown
    assert "turn on" in shown


def test_a_disk_that_is_full_is_an_error_of_ours():
    full = Path("/dev/full").open("w")  # noqa: SIM115 - closing it fails as well
    with pytest.raises(SinkError, match="No space left"):
        ConsoleSink(full).publish(event(Partial("turn on")))
    with contextlib.suppress(OSError):
        full.close()

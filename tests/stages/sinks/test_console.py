"""The terminal: what it cannot show or take is never the end of the run's story."""

import contextlib
import io
from pathlib import Path
from typing import get_args

import pytest

from edged.errors import SinkError
from edged.messages import (
    Assistant,
    Cancelled,
    CancelledReason,
    Endpoint,
    EndpointReason,
    Event,
    Final,
    Listening,
    ListeningCause,
    Metrics,
    Muted,
    Partial,
    Ran,
    Scores,
    Stats,
    Timer,
    Triggered,
    Unmuted,
)
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


@pytest.mark.parametrize(
    ("energy", "shown"), [((None, None), "time\n"), ((12.34, "model"), "time, 12.3 J per hour (model)\n")]
)
def test_a_summary_tells_the_energy_where_it_is_known(energy, shown):
    file = io.StringIO()
    stats = Stats(10, 0, {}, 0, 0, 0, 1, 0, -42.5, {}, 1.0, Ran("cpu", "cpu"), *energy)
    ConsoleSink(file).publish(event(stats))
    assert file.getvalue().endswith(f"1.00 s of processor {shown}")


@pytest.mark.parametrize(
    ("confidence", "shown"), [(None, "turn on\n"), (0.876, "turn on (confidence 0.88)\n")]
)
def test_a_text_comes_with_how_sure_it_is_and_what_was_not_done(confidence, shown):
    file = io.StringIO()
    metrics = Metrics(1.0, 0.1, 0.1, "cpu", "cpu")
    final = Final("turn on", (), metrics, confidence, ("hotwords are ignored: so it is",))
    ConsoleSink(file).publish(event(final))
    assert shown in file.getvalue()
    assert "note       hotwords are ignored: so it is" in file.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        *map(Endpoint, get_args(EndpointReason)),
        *map(Cancelled, get_args(CancelledReason)),
        *(Listening(16_000, cause) for cause in get_args(ListeningCause) if cause != "wake"),
    ],
    ids=str,
)
def test_every_reason_has_words_for_a_person(body):
    file = io.StringIO()
    ConsoleSink(file).publish(event(body))
    said = file.getvalue().split("s  ", 1)[1]
    assert len(said.split()) >= 2
    assert "_" not in said


def test_a_command_without_a_wake_word_and_a_stop_word_are_told():
    file = io.StringIO()
    sink = ConsoleSink(file)
    for body in (Listening(16_000), Listening(32_000, "follow_up"), Cancelled("stop_word", "never mind")):
        sink.publish(event(body))
    assert [line[10:].strip() for line in file.getvalue().splitlines()] == [
        "listening  from 1.00 s",
        "listening  from 2.00 s, without the wake word",
        "cancelled  never mind",
    ]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (Muted("socket"), "muted      by socket: nothing is heard"),
        (Unmuted("mqtt"), "unmuted    by mqtt: it hears again"),
        (Triggered("hermes"), "triggered  by hermes, without a wake word"),
        (Endpoint("muted"), "endpoint   muted"),
        (Endpoint("told"), "endpoint   told to end"),
        (Assistant("connected"), "assistant  connected"),
        (Assistant("synthesize", "It is on"), "assistant  synthesize: It is on"),
        (Assistant("timer-finished", timer=Timer("7")), "assistant  timer-finished: 7"),
        (Assistant("timer-started", timer=Timer("7", "tea", 60)), "assistant  timer-started: tea"),
    ],
)
def test_what_was_asked_from_outside_is_shown(body, shown):
    file = io.StringIO()
    ConsoleSink(file).publish(event(body))
    assert shown in file.getvalue()

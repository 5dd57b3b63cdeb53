"""JSON lines: whole lines, in order, or an error that names the file."""

import json
import os
import resource
import signal

import pytest

from edged.errors import SinkError, SinkGone
from edged.messages import Event, Gap, Partial
from edged.stages.sinks.jsonl import JsonlSink


def event(n: int) -> Event:
    return Event("mic", None, n, "2026-01-01T00:00:00.000Z", Gap(samples=n, where="capture"))


def test_appends_one_line_per_event(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text('{"old": true}\n')
    sink = JsonlSink(str(path))
    for n in range(5):
        sink.publish(event(n))
    sink.close()
    sink.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line.get("samples") for line in lines] == [None, 0, 1, 2, 3, 4]


def test_text_outside_ascii_stays_readable(tmp_path):
    path = tmp_path / "events.jsonl"
    JsonlSink(str(path)).publish(Event("mic", 1, 0, "2026-01-01T00:00:00.000Z", Partial("開燈")))
    assert "開燈" in path.read_text(encoding="utf-8")


def test_dash_is_standard_output(capfd):
    sink = JsonlSink("-")
    sink.publish(event(3))
    sink.close()
    assert json.loads(capfd.readouterr().out)["samples"] == 3


def test_without_standard_output_it_says_so(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(SinkError, match="standard output is closed"):
        JsonlSink("-")


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(SinkError, match=r"nowhere/events\.jsonl: No such file"):
        JsonlSink(str(tmp_path / "nowhere" / "events.jsonl"))


def test_a_reader_that_left_is_an_error_of_ours(tmp_path):
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    sink = JsonlSink(str(fifo))
    os.close(reader)
    with pytest.raises(SinkGone, match="nobody reads"):
        sink.publish(event(1))
    sink.close()


def test_a_full_disk_leaves_no_half_line(tmp_path):
    path = tmp_path / "events.jsonl"
    sink = JsonlSink(str(path))
    sink.publish(event(1))
    whole = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write past the limit then fails as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 10, hard))
    try:
        with pytest.raises(SinkError, match=r"events\.jsonl"):
            sink.publish(event(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)
    assert path.read_bytes() == whole
    sink.publish(event(3))
    assert [json.loads(line)["samples"] for line in path.read_text().splitlines()] == [1, 3]
    sink.close()

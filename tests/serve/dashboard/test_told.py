"""What was said, and what was answered, is told only where that was asked for."""

from edged.messages import Assistant, Cancelled, Event, Partial, Timer
from edged.serve.dashboard.told import told


def event(body) -> Event:
    return Event("mic", 1, 1280, "2026-01-01T00:00:00.000Z", body)


def test_a_text_is_kept_back_where_nobody_asked_for_it():
    assert told(event(Partial("turn on")), transcripts=False) is None
    assert told(event(Cancelled("stop_word", "never mind")), transcripts=False)["text"] is None
    kept = told(event(Assistant("timer-started", "tea", Timer("7", "tea", 60))), transcripts=False)
    assert (kept["what"], kept["text"], kept["timer"]) == ("timer-started", None, None)
    shown = told(event(Assistant("synthesize", "It is on")), transcripts=True)
    assert shown["text"] == "It is on"

"""The one line of a run: what it hears on, what runs where, since when, and why it is degraded."""

from datetime import UTC, datetime

from edged.messages import Ran
from edged.runtime.standing import Standing, line

SINCE = datetime(2026, 11, 2, 7, 5, 9, tzinfo=UTC)
STATE = Standing("mic:Desk", ("computer", "alexa"), Ran("opencl", "rknn"), "zipformer")


def test_what_it_hears_on_and_what_runs_where():
    assert line(STATE, SINCE) == (
        "hears computer, alexa on mic:Desk; features opencl, heads rknn, recognizer zipformer; "
        "since 2026-11-02 07:05:09 UTC"
    )


def test_deaf_is_the_first_word_where_it_is_deaf():
    deaf = Standing("mic:Desk", ("computer",), Ran("cpu", "cpu"), None, deaf="mic:Desk is unplugged")
    assert line(deaf, SINCE) == (
        "deaf: mic:Desk is unplugged; features cpu, heads cpu; since 2026-11-02 07:05:09 UTC"
    )


def test_every_reason_for_being_degraded_is_named():
    worse = Standing("mic", ("computer",), Ran("cpu", "cpu"), None, degraded=("heads on cpu",))
    assert line(worse, SINCE, ["sink-jsonl hangs"]).endswith("; degraded: heads on cpu, sink-jsonl hangs")

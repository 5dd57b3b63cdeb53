"""The one line of a run: what it hears on, what runs where, since when, and why it is degraded."""

from datetime import UTC, datetime

from edged.backends.verdict import Verdict
from edged.messages import Ran
from edged.runtime.standing import Standing, degraded, line

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


def verdict(stage, provider, state, reason=""):
    return Verdict(stage, provider, "", state, reason, None, None, "2026-11-02T07:05:09Z")


def test_what_should_serve_and_does_not_is_degraded_and_what_nobody_asked_for_is_not():
    found = [
        verdict("features", "opencl", "demoted", "answers NaN"),
        verdict("features", "ort-opencl", "unavailable", "no such provider"),
        verdict("features", "cpu", "serving"),
        verdict("heads", "rknn", "refused", "constant"),
        verdict("heads", "cpu", "serving"),
    ]
    assert degraded(found, {"features": "auto", "heads": "rknn"}) == (
        "features not on opencl (answers NaN)",
        "heads not on rknn (constant)",
    )

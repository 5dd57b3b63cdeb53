"""What the pages in docs/ link to exists, and none of them holds a number that nobody measured."""

import re
from pathlib import Path

import pytest

DOCS = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))

UNMEASURED = re.compile(
    r"(expected|up to) [\d.]+ ?(x|×|times|ms|%)[^.]*faster|expected (speed|time|latency)", re.IGNORECASE
)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_no_speed_is_promised_that_was_not_measured(page):
    assert UNMEASURED.findall(page.read_text(encoding="utf-8")) == []


def test_a_promise_would_be_found():
    assert UNMEASURED.search("| mel | expected time 2-5 ms |")
    assert UNMEASURED.search("runs up to 5x faster on the GPU")

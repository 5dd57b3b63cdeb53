"""A download over a link and from a server that do everything that links and servers do."""

import itertools
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edged.catalog.transport import ATTEMPTS, FRUITLESS, Fetcher, Unfinished
from edged.errors import ModelError
from tests.catalog.mirror import breaks, chunked, no_range, redirect, serving, status

BODY = bytes(range(251)) * 1000
LIMIT = 300_000


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def mirror():
    with serving(**{"a/file": BODY}) as mirror:
        yield mirror


class Rig:
    """A fetcher that waits for nothing and remembers everything."""

    def __init__(self, folder: Path, clock=lambda: 0.0) -> None:
        self.into = folder / "halves" / "file"
        self.waits, self.seen, self.room = [], [], []
        self.fetcher = Fetcher(
            lambda *what: self.seen.append(what), self.room.append, self.waits.append, clock
        )

    def fetch(self, url: str, limit: int = LIMIT) -> bytes:
        self.fetcher.fetch(url, self.into, limit)
        return self.into.read_bytes()

    @property
    def files(self) -> list[str]:
        folder = self.into.parent
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


def test_a_file_arrives_whole_with_progress_and_nothing_else(rig, mirror):
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert rig.files == ["file"]
    assert rig.seen[-1] == ("file", len(BODY), len(BODY))
    assert [done for _, done, _ in rig.seen] == sorted({done for _, done, _ in rig.seen})
    assert (rig.room, rig.waits) == ([len(BODY)], [])


def test_a_file_that_is_there_is_not_asked_for(rig, mirror):
    rig.fetch(mirror.url + "a/file")
    rig.fetch(mirror.url + "a/file")
    assert len(mirror.asked) == 1


def test_a_broken_download_is_continued_from_where_it_broke(rig, mirror):
    mirror.plan = [breaks(100_000), breaks(50_000)]
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert [wanted for _, wanted in mirror.asked] == [None, "bytes=100000-", "bytes=150000-"]
    assert rig.room == [len(BODY), len(BODY) - 100_000, len(BODY) - 150_000]
    assert rig.waits == [1.0, 1.0]


def test_what_arrived_before_giving_up_is_continued_by_the_next_pull(rig, mirror):
    mirror.plan = [breaks(100_000)] + [status(503)] * 5
    with pytest.raises(Unfinished, match=r"answers 503 \(given up after 6 attempts\)"):
        rig.fetch(mirror.url + "a/file")
    assert rig.waits == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert rig.files == ["file.part", "file.part.json"]
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert mirror.asked[-1] == ("/a/file", "bytes=100000-")
    assert rig.files == ["file"]


def test_a_download_killed_before_its_last_step_asks_for_nothing_more(rig, mirror):
    mirror.plan = [breaks(100_000)] + [status(503)] * 5
    with pytest.raises(Unfinished):
        rig.fetch(mirror.url + "a/file")
    (rig.into.parent / "file.part").write_bytes(BODY)
    asked = len(mirror.asked)
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert len(mirror.asked) == asked


def test_a_server_without_ranges_sends_it_all_again(rig, mirror):
    mirror.plan = [breaks(100_000), no_range]
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert mirror.asked[1][1] == "bytes=100000-"


def test_a_file_that_changed_meanwhile_is_never_mixed_with_the_old_one(rig, mirror):
    mirror.plan = [breaks(100_000), status(503), status(503), status(503), status(503), status(503)]
    with pytest.raises(Unfinished):
        rig.fetch(mirror.url + "a/file")
    new = BODY[::-1]
    mirror.etag, mirror.content["/a/file"] = '"two"', new
    assert rig.fetch(mirror.url + "a/file") == new


def test_a_half_from_another_address_is_not_continued(rig, mirror):
    mirror.content["/b/file"] = BODY[::-1]
    mirror.plan = [breaks(100_000)] + [status(503)] * 5
    with pytest.raises(Unfinished):
        rig.fetch(mirror.url + "a/file")
    assert rig.fetch(mirror.url + "b/file") == BODY[::-1]


@pytest.mark.parametrize(
    "lie",
    [
        {"Content_Range": f"bytes 99999-{len(BODY) - 1}/{len(BODY)}"},
        {"Content_Range": f"bytes 100000-{len(BODY) - 1}/{len(BODY) + 1}"},
        {"Content_Range": "bytes 100000-100001/*"},
        {},
        {"Content_Range": f"bytes 100000-{len(BODY) - 1}/{len(BODY)}", "ETag": '"two"'},
    ],
)
def test_a_part_that_does_not_fit_is_thrown_away_and_all_is_asked_for_again(rig, mirror, lie):
    mirror.plan = [breaks(100_000), lambda handler: handler.answer(206, b"x" * 10, **lie)]
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert mirror.asked[-1][1] is None


def test_a_server_that_has_no_such_part_any_more_is_asked_for_all(rig, mirror):
    mirror.plan = [breaks(100_000), status(416)]
    assert rig.fetch(mirror.url + "a/file") == BODY


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_anything_that_tells_a_change_nothing_is_continued(rig, mirror, etag):
    mirror.etag = etag
    mirror.plan = [breaks(100_000)]
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert [wanted for _, wanted in mirror.asked] == [None, None]


@pytest.mark.parametrize("note", [b"", b"[]", b"{}", b"\xff", b"[" * 5000, b'{"url": 1}', b'{"url": "x", "l'])
def test_a_half_with_a_damaged_note_is_not_continued(rig, mirror, note):
    mirror.plan = [breaks(100_000)] + [status(503)] * 5
    with pytest.raises(Unfinished):
        rig.fetch(mirror.url + "a/file")
    (rig.into.parent / "file.part.json").write_bytes(note)
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert mirror.asked[-1][1] is None


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_an_answer_that_may_pass_is_waited_for(rig, mirror, code):
    mirror.plan = [status(code), status(code)]
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert rig.waits == [2.0, 4.0]


def test_a_server_is_left_alone_for_as_long_as_it_asks(rig, mirror):
    mirror.plan = [status(429, Retry_After="7"), status(503, Retry_After="Fri, 20 Nov 2026 23:00:00 GMT")]
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert rig.waits == [7.0, 4.0]


def test_a_server_that_asks_for_too_much_patience_is_given_up(rig, mirror):
    mirror.plan = [status(429, Retry_After="86400")]
    with pytest.raises(Unfinished, match=r"answers 429 \(given up after one attempt\)"):
        rig.fetch(mirror.url + "a/file")
    assert rig.waits == []


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 451, 501])
def test_a_refusal_is_one_sentence_at_once_and_leaves_nothing(rig, mirror, code):
    mirror.plan = [breaks(1000), status(code)]
    with pytest.raises(ModelError, match=rf"^http://127\.0\.0\.1:\d+/a/file: answers {code}$"):
        rig.fetch(mirror.url + "a/file")
    assert (rig.files, rig.waits) == ([], [1.0])


def test_redirects_are_followed_and_the_rest_is_asked_for_at_the_first_address(rig, mirror):
    mirror.plan = [redirect("/b"), redirect("a/file"), breaks(100_000), redirect(mirror.url + "a/file")]
    assert rig.fetch(mirror.url + "start") == BODY
    assert [path for path, _ in mirror.asked] == ["/start", "/b", "/a/file", "/start", "/a/file"]
    assert mirror.asked[-1][1] == "bytes=100000-"


def test_the_body_of_a_redirect_is_not_waited_for(rig, mirror):
    mirror.plan = [lambda handler: handler.answer(302, b"x", length=10**12, Location="/a/file")]
    assert rig.fetch(mirror.url + "start") == BODY
    assert rig.waits == []


def test_redirects_without_end_are_ended(rig, mirror):
    mirror.plan = [redirect("/a/file")] * 50
    with pytest.raises(ModelError, match="redirects more than 5 times"):
        rig.fetch(mirror.url + "a/file")
    assert len(mirror.asked) == 6


@pytest.mark.parametrize("target", ["", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://[bad"])
def test_a_redirect_to_no_web_address_is_refused(rig, mirror, target):
    mirror.plan = [redirect(target)]
    with pytest.raises(ModelError, match="redirects to something that is no"):
        rig.fetch(mirror.url + "a/file")


def test_a_file_without_a_length_arrives_whole(rig, mirror):
    mirror.plan = [chunked()]
    assert rig.fetch(mirror.url + "a/file") == BODY
    assert (rig.seen[-1], rig.room) == (("file", len(BODY), 0), [LIMIT])


def test_a_file_without_a_length_that_breaks_off_is_fetched_again(rig, mirror):
    mirror.plan = [chunked(pieces=3)]
    assert rig.fetch(mirror.url + "a/file") == BODY


@pytest.mark.parametrize("plan", [[], [chunked()]])
def test_more_than_expected_is_refused_and_leaves_nothing(rig, mirror, plan):
    mirror.plan = plan
    with pytest.raises(ModelError, match=r"at most 250999 are expected|more than the 250999 bytes expected"):
        rig.fetch(mirror.url + "a/file", limit=len(BODY) - 1)
    assert rig.files == []


def test_a_web_page_instead_of_the_file_is_refused(rig, mirror):
    mirror.plan = [lambda handler: handler.answer(200, b"<html>", Content_Type="text/html; charset=utf-8")]
    with pytest.raises(ModelError, match="answers with a web page instead of the file"):
        rig.fetch(mirror.url + "a/file")


def test_a_body_in_a_coding_nobody_asked_for_is_refused(rig, mirror):
    mirror.plan = [lambda handler: handler.answer(200, b"\x1f\x8b", Content_Encoding="gzip")]
    with pytest.raises(ModelError, match="compressed that was asked for as it is"):
        rig.fetch(mirror.url + "a/file")


def test_nobody_there_is_one_sentence_after_a_few_attempts(rig):
    with socket.socket() as closed:  # bound and not listening
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(
            Unfinished, match=r"does not answer \(.*refused.*\) \(given up after 5 attempts\)"
        ):
            rig.fetch(f"http://127.0.0.1:{closed.getsockname()[1]}/x")
    assert rig.waits == [2.0, 4.0, 8.0, 16.0]


@pytest.mark.parametrize("url", ["http://", "http://[::1/x", "http://exa mple/", "ftp://x/y", "http://.../"])
def test_what_is_no_address_is_one_sentence(rig, url):
    with pytest.raises(ModelError) as caught:
        rig.fetch(url)
    assert "\n" not in str(caught.value)


def test_a_server_that_dribbles_is_told_from_a_slow_one(tmp_path, mirror):
    hours = itertools.count(step=3600.0)
    mirror.plan = [breaks(1000)] * 40
    rig = Rig(tmp_path, clock=lambda: next(hours))
    with pytest.raises(Unfinished, match="sends less than 1000 bytes a second"):
        rig.fetch(mirror.url + "a/file")
    assert len(mirror.asked) == ATTEMPTS


def test_attempts_that_bring_nothing_are_few_and_those_that_bring_something_are_many(rig, mirror):
    mirror.plan = [breaks(0)] * 40
    with pytest.raises(Unfinished):
        rig.fetch(mirror.url + "a/file")
    assert len(mirror.asked) == FRUITLESS + 1


def test_no_password_and_no_signature_is_shown(rig, mirror):
    secret = mirror.url.replace("://", "://me:hunter2@") + "none?token=abc"
    with pytest.raises(ModelError) as caught:
        rig.fetch(secret)
    assert "hunter2" not in str(caught.value)
    assert "abc" not in str(caught.value)


CUTS = st.lists(st.integers(0, 5000), max_size=6)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CUTS)
def test_wherever_a_link_breaks_the_bytes_are_the_same(mirror, tmp_path_factory, cuts):
    rig = Rig(tmp_path_factory.mktemp("cuts"))
    mirror.content["/a/file"] = BODY[:20_000]
    mirror.plan = [breaks(cut) for cut in cuts]
    try:
        assert rig.fetch(mirror.url + "a/file") == BODY[:20_000]
    except Unfinished:
        mirror.plan = []
        assert rig.fetch(mirror.url + "a/file") == BODY[:20_000]

"""What an answer means, as rules: no server, no disk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.catalog.half import Part
from edged.catalog.replies import Body, Broken, body, redirected, shown
from edged.errors import ModelError

URL = "https://example.org/models/a.tar.bz2"
HAVE = Part(URL, '"one"', 1000)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://cdn.example.net/x?sig=1", "https://cdn.example.net/x?sig=1"),
        ("/other", "https://example.org/other"),
        ("b.tar.bz2", "https://example.org/models/b.tar.bz2"),
        ("//cdn.example.net/x", "https://cdn.example.net/x"),
    ],
)
def test_a_redirect_is_read_from_where_it_came(location, target):
    assert redirected(URL, location) == target


def test_https_never_becomes_http():
    with pytest.raises(ModelError, match="from https to plain http"):
        redirected(URL, "http://example.org/models/a.tar.bz2")
    assert redirected("http://lan/a", "http://lan/b") == "http://lan/b"
    assert redirected("http://lan/a", "https://lan/b") == "https://lan/b"


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ({"ETag": '"x"', "Content-Length": "7"}, Part(URL, '"x"', 7)),
        ({"etag": 'W/"x"', "last-modified": "Fri"}, Part(URL, "Fri", None)),
        ({"Content-Length": "-7"}, Part(URL, "", None)),
        ({"Content-Length": "7, 7"}, Part(URL, "", None)),
        ({"Content-Length": "²"}, Part(URL, "", None)),
    ],
)
def test_a_whole_file_begins_at_its_begin_whatever_is_there(headers, part):
    assert body(URL, 200, headers, HAVE, 400) == Body(part, 0)


def test_the_rest_goes_on_where_it_broke_off():
    assert body(URL, 206, {"content-range": "bytes 400-999/1000"}, HAVE, 400) == Body(HAVE, 400)


def test_a_part_is_only_taken_if_it_was_asked_for():
    with pytest.raises(Broken, match="nobody asked for"):
        body(URL, 206, {"content-range": "bytes 0-999/1000"}, None, 0)


def test_an_address_is_shown_without_its_secrets():
    assert (
        shown("https://me:hunter2@example.org:8443/a/b?X-Amz-Signature=1#x") == "https://example.org:8443/a/b"
    )
    assert shown("http://[::1/x") == "an address that is none"


NAMES = st.sampled_from(["ETag", "Content-Length", "Content-Range", "Content-Type", "Retry-After", "X"])
VALUES = st.one_of(st.text(max_size=20), st.sampled_from(["bytes 400-999/1000", '"one"', "12", "9" * 400]))


@given(
    st.integers(100, 599), st.dictionaries(NAMES, VALUES), st.sampled_from([None, HAVE]), st.integers(0, 1000)
)
def test_any_answer_is_a_body_or_one_of_two_errors(status, headers, have, size):
    try:
        found = body(URL, status, headers, have, size)
    except (Broken, ModelError) as exc:
        assert "\n" not in str(exc)
    else:
        assert status in (200, 206)
        assert found.start == (size if status == 206 else 0)


@given(st.text(max_size=40))
def test_any_redirect_is_an_address_or_a_sentence(location):
    try:
        target = redirected(URL, location)
    except ModelError:
        return
    assert target.startswith("https://")

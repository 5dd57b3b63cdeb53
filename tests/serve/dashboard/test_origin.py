"""Only the page itself is answered: another page's requests are told apart by what browsers say of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.serve.dashboard.origin import known_names, refusal

NAMES = known_names("rock-5b.home", "127.0.0.1", ["ear.example.org"])


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8080",
        "LOCALHOST",
        "127.0.0.1:8080",
        "[::1]:8080",
        "192.168.1.7:8080",
        "[fe80::1%25eth0]:8080",
        "rock-5b:8080",
        "rock-5b.local",
        "rock-5b.local.",
        "rock-5b.home:80",
        "ear.example.org",
    ],
)
def test_this_machine_is_known_by_its_names_and_by_any_address(host):
    assert refusal(host, None, None, NAMES) == ""


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "rock-5b.evil.example",
        "localhost.evil.example:8080",
        "127.0.0.1.evil.example",
        "evil@localhost",
        "localhost:notaport",
        "[::1",
        "1270.0.0.1",
    ],
)
def test_a_name_of_elsewhere_that_means_this_machine_is_refused(host):
    assert "no name of this machine" in refusal(host, None, None, NAMES)


def test_a_request_of_the_page_itself_is_answered():
    assert refusal("localhost:8080", "http://localhost:8080", "same-origin", NAMES) == ""
    assert refusal("ear.example.org", "https://ear.example.org", None, NAMES) == ""
    assert refusal("localhost:8080", None, "none", NAMES) == ""


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://localhost:8081",
        "http://127.0.0.1:8080",
        "file://",
        "http://[",
    ],
)
def test_a_request_of_another_page_is_refused(origin):
    assert "another page" in refusal("localhost:8080", origin, None, NAMES)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_what_a_browser_says_of_the_asking_page_counts_without_an_origin_too(site):
    assert "another page" in refusal("localhost:8080", None, site, NAMES)


@given(st.text(max_size=60), st.none() | st.text(max_size=60), st.none() | st.text(max_size=20))
def test_nothing_that_is_sent_breaks_it(host, origin, site):
    assert isinstance(refusal(host, origin, site, NAMES), str)


@given(st.from_regex(r"[a-z]{3,12}\.[a-z]{2,6}", fullmatch=True).filter(lambda name: name not in NAMES))
def test_no_other_name_is_taken(host):
    assert refusal(host, f"http://{host}", "same-origin", NAMES)

"""An address is taken apart, or it is none; and it is known who can reach it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config.address import Address, parse


@pytest.mark.parametrize(
    ("said", "address", "loopback"),
    [
        ("127.0.0.1:9109", Address("127.0.0.1", 9109), True),
        ("127.9.9.9:1", Address("127.9.9.9", 1), True),
        ("localhost:0", Address("localhost", 0), True),
        ("[::1]:9109", Address("::1", 9109), True),
        ("0.0.0.0:9109", Address("0.0.0.0", 9109), False),
        ("[::]:9109", Address("::", 9109), False),
        ("192.168.1.2:80", Address("192.168.1.2", 80), False),
        ("localhost.example:80", Address("localhost.example", 80), False),
    ],
)
def test_an_address_is_taken_apart(said, address, loopback):
    assert parse(said) == address
    assert address.loopback is loopback


@pytest.mark.parametrize(
    "said",
    ["", "9109", ":9109", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "h:65536", "::1:9109", "h:²", "h:-1"],
)
def test_what_is_no_address_is_none(said):
    assert parse(said) is None


@given(st.text())
def test_nothing_breaks_it(said):
    address = parse(said)
    assert address is None or (0 <= address.port <= 65535 and address.loopback in (True, False))

"""Who knows the token comes in; a certificate is used or refused in one sentence."""

import ssl

import pytest

from edged.config.schema import Serve
from edged.errors import ConfigError
from edged.serve.access import Access, tls


@pytest.mark.parametrize(
    ("authorization", "query", "granted"),
    [
        ("Bearer s3cret", None, True),
        ("bearer  s3cret ", None, True),
        (None, "s3cret", True),
        ("Bearer wrong", "s3cret", True),
        ("Bearer s3cre", None, False),
        ("Bearer s3cret2", None, False),
        ("Basic s3cret", None, False),
        ("s3cret", None, False),
        ("Bearer sécret", "é", False),
        ("", "", False),
        (None, None, False),
    ],
)
def test_the_token_opens_and_nothing_else_does(authorization, query, granted):
    assert Access("s3cret").granted(authorization, query) is granted


def test_without_a_token_everybody_may_come_in():
    assert Access("").granted(None)


def test_a_certificate_with_its_key_is_used(certificate):
    cert, key = certificate
    assert isinstance(tls(Serve(tls_cert=str(cert), tls_key=str(key))), ssl.SSLContext)


def test_both_may_be_in_one_file(certificate, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(path.read_bytes() for path in certificate))
    assert isinstance(tls(Serve(tls_cert=str(both))), ssl.SSLContext)


def test_without_one_connections_are_plain():
    assert tls(Serve()) is None


def test_what_cannot_be_used_is_one_sentence(certificate, tmp_path):
    cert, key = certificate
    with pytest.raises(ConfigError, match=r"nowhere\.pem: there is no such file"):
        tls(Serve(tls_cert=str(cert), tls_key=str(tmp_path / "nowhere.pem")))
    with pytest.raises(ConfigError, match="no certificate with its key"):
        tls(Serve(tls_cert=str(key), tls_key=str(key)))
    with pytest.raises(ConfigError, match="no certificate with its key"):
        tls(Serve(tls_cert=str(cert)))

"""Who is let in: the token that clients must know, and the certificate that they are shown."""

import hmac
import ssl
from pathlib import Path

from edged.config.schema import Serve
from edged.errors import ConfigError

BEARER = "bearer "


class Access:
    """The rules of all front ends that have a place for a token."""

    def __init__(self, token: str) -> None:
        """`token`: empty where nobody is asked for one."""
        self._token = token.encode()

    @property
    def open(self) -> bool:
        """Whether nobody is asked for a token."""
        return not self._token

    def granted(self, authorization: str | None, query: str | None = None) -> bool:
        """Return whether a client knows the token; takes equally long wherever a wrong one differs.

        Args:
            authorization: the HTTP header: `Bearer TOKEN`.
            query: value of `token` in the address, for clients that can send no header, as browsers.
        """
        if self.open:
            return True
        said = authorization or ""
        told = said[len(BEARER) :].strip() if said.lower().startswith(BEARER) else ""
        by_header = hmac.compare_digest(told.encode(), self._token)
        return hmac.compare_digest((query or "").encode(), self._token) or by_header


def tls(serve: Serve) -> ssl.SSLContext | None:
    """Return what wraps the connections; None where they are plain.

    Raises:
        ConfigError: certificate and key cannot be used.
    """
    if not serve.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    key = serve.tls_key or serve.tls_cert
    try:
        context.load_cert_chain(serve.tls_cert, key)
    except FileNotFoundError as exc:
        missing = next((path for path in (serve.tls_cert, key) if not Path(path).exists()), serve.tls_cert)
        raise ConfigError(f"[serve] {missing}: there is no such file") from exc
    except PermissionError as exc:
        raise ConfigError(f"[serve] {key}: not readable by this user; root:edged, mode 0640 serves") from exc
    except (ssl.SSLError, OSError, ValueError) as exc:
        reason = getattr(exc, "reason", None) or str(exc)
        raise ConfigError(
            f"[serve] {serve.tls_cert} and {key}: no certificate with its key ({reason}); RSA needs 2048 bits"
        ) from exc
    return context

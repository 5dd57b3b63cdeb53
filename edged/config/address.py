"""Where a server of edged's listens: `HOST:PORT`, and whether only this machine can reach it."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; port 0 lets the kernel choose."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """True where only programs on this machine can connect; no name but `localhost` is looked up."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse(said: str) -> Address | None:
    """Return the address in a text such as `127.0.0.1:9109` or `[::1]:9109`, None if there is none."""
    host, colon, port = said.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        return None
    if not (colon and host and port.isascii() and port.isdecimal() and int(port) <= 65535):
        return None
    return Address(host, int(port))

"""Whether a request comes from the page itself, or from another page that a browser shows. Pure.

A browser sends whatever any page tells it to, to addresses of the home as well. Two tricks are met here. A
page of elsewhere posts to this one: its `Origin` is another. And a name of elsewhere that suddenly means this
machine (DNS rebinding) makes the browser believe that both are of one origin: its `Host` is none of ours.
"""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit


def known_names(machine: str, bind: str, more: Collection[str] = ()) -> frozenset[str]:
    """Return the names by which this machine may be called.

    Args:
        machine: its host name.
        bind: where the page is served; a name or an address.
        more: what the user adds.
    """
    short = machine.partition(".")[0]
    names = {"localhost", machine, short, f"{machine}.local", f"{short}.local", bind, *more}
    return frozenset(name.lower().rstrip(".") for name in names if name)


def refusal(host: str | None, origin: str | None, site: str | None, names: Collection[str]) -> str:
    """Return why a request is not answered; empty where it is.

    Args:
        host: its header `Host`.
        origin: its header `Origin`; none from what is no browser, and where a browser reads its own page.
        site: its header `Sec-Fetch-Site`, in which newer browsers say whose page asks.
        names: those of this machine; an address needs none, for no name stands behind it.
    """
    place = _place(f"//{host or ''}")
    if place is None or not (_is_address(place[0]) or place[0].rstrip(".") in names):
        return (
            f"{(host or '')[:80]!r} is no name of this machine; if it is, add it to [serve.dashboard] names"
        )
    if origin is not None and _place(origin) != place:
        return "another page asks; only the dashboard itself may"
    if site not in (None, "same-origin", "none"):
        return "another page asks; only the dashboard itself may"
    return ""


def _place(address: str) -> tuple[str, int | None] | None:
    """Return host and port, those of the scheme left out; None where it is no address."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return (host, None if port in (usual, 80, 443) else port) if host and not parts.username else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True

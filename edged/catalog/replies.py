"""What an answer of an HTTP server means for a download: pure, every rule of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from edged.catalog.half import Part
from edged.errors import ModelError

REDIRECTS = (301, 302, 303, 307, 308)
PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Answers that may be another a moment later."""
LONGEST_WAIT_S = 120.0
"""Seconds; a server that asks to be left alone for longer is given up."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Broken(Exception):
    """It may go better in a moment; what arrived is kept."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s
        """What the server asked for, seconds."""


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes that an answer will bring."""

    part: Part
    start: int
    """Where in the file they begin."""


def shown(url: str) -> str:
    """Return an address as errors may show it: no password, no signature."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def redirected(url: str, location: str) -> str:
    """Return where an answer of `url` sends us.

    Raises:
        ModelError: not to a web address, or from https down to http.
    """
    try:
        target = urljoin(url, location)
        scheme = urlsplit(target).scheme
    except ValueError:
        raise ModelError(f"{shown(url)}: redirects to something that is no address") from None
    if not location or scheme not in ("http", "https"):
        raise ModelError(f"{shown(url)}: redirects to something that is no web address")
    if scheme == "http" and urlsplit(url).scheme == "https":
        raise ModelError(f"{shown(url)}: redirects from https to plain http, which is refused")
    return target


def body(url: str, status: int, headers: Mapping[str, str], have: Part | None, size: int) -> Body:
    """Return what the answer brings.

    url: the address asked for, before any redirect. headers: names in any case. have: what the `size` bytes
    on disk are part of, if the request was for the rest of them.

    Raises:
        Broken: try again; `have` no longer holds if the answer does not continue it.
        ModelError: it will not get better.
    """
    named = {name.lower(): value for name, value in headers.items()}
    if status in PASSING:
        raise Broken(f"answers {status}", _retry_after(named.get("retry-after", "")))
    if status not in (200, 206):
        raise ModelError(f"{shown(url)}: answers {status}")
    if named.get("content-encoding", "identity").lower() in ("gzip", "deflate", "br", "zstd"):
        raise ModelError(f"{shown(url)}: sends something compressed that was asked for as it is")
    if named.get("content-type", "").lower().startswith("text/html"):
        raise ModelError(f"{shown(url)}: answers with a web page instead of the file")
    if status == 206:
        return Body(_continued(url, named, have, size), size)
    length = named.get("content-length", "")
    return Body(
        Part(url, _validator(named), int(length) if length.isascii() and length.isdigit() else None), 0
    )


def _continued(url: str, headers: Mapping[str, str], have: Part | None, size: int) -> Part:
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if have is None or found is None:
        raise Broken("answers with a part that nobody asked for")
    start, end, length = map(int, found.groups())
    if (start, end, length) != (size, length - 1, have.length):
        raise Broken(f"has bytes {start}-{end} of {length} instead of {size}-… of {have.length}")
    if _validator(headers) not in ("", have.validator):
        raise Broken("has another file there than before")
    return Part(url, have.validator, length)


def _validator(headers: Mapping[str, str]) -> str:
    tag = headers.get("etag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("last-modified", "")


def _retry_after(value: str) -> float | None:
    """Return seconds; a date is left to our own back-off, as clocks of boards are often wrong."""
    return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else None

"""The files of the page, as they lie in the package, and the headers that keep everything else out of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

TYPES: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Sent with every answer. Nothing is loaded from elsewhere, no script stands in the page itself, and no other
page may frame it; `no-referrer`: the token may stand in the address."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file."""

    content: bytes
    kind: str
    """Its Content-Type."""
    tag: str
    """Its ETag: an update of edged shows at once."""


def page_files() -> dict[str, PageFile]:
    """Return every file of the page by its name."""
    files: dict[str, PageFile] = {}
    for entry in (resources.files("edged.serve.dashboard") / "page").iterdir():
        kind = TYPES.get(entry.name.rpartition(".")[2])
        if kind is not None:
            content = entry.read_bytes()
            files[entry.name] = PageFile(content, kind, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
    return files

"""Files that spare work at the next start: each believed for its own key only, and done without if need be.

A file begins with the sum of its key and content. One that is damaged, cut short or was made under another
key is as good as none; a folder that cannot be written is said once.
"""

import contextlib
import hashlib
import json
import logging
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)

KEPT = 16
"""Files kept of each kind, the newest: a board has one, and gets another with each upgrade."""


class Store:
    """Content by kind and key. Used by one thread at a time."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` is made when something is kept; None: nothing is."""
        self._folder = folder
        self._said = False

    def find(self, kind: str, key: tuple[str, ...]) -> bytes | None:
        """Return what was kept, None if there is nothing to be trusted."""
        if self._folder is None:
            return None
        file = self._file(kind, key)
        try:
            found = file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as exc:
            self._complain(f"cannot be read ({exc.strerror or exc})")
            return None
        size = hashlib.sha256().digest_size
        if found[:size] != _sum(key, found[size:]):
            self.reject(kind, key, "is damaged or of another device")
            return None
        return found[size:]

    def keep(self, kind: str, key: tuple[str, ...], content: bytes) -> None:
        """Keep content; the file is there whole or not at all."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as fresh:
                try:
                    fresh.write(_sum(key, content) + content)
                    fresh.flush()
                    Path(fresh.name).replace(self._file(kind, key))
                except OSError:
                    Path(fresh.name).unlink(missing_ok=True)
                    raise
            self._thin_out(kind)
        except OSError as exc:
            self._complain(
                f"cannot be written ({exc.strerror or exc}): the next start takes as long as this one"
            )

    def reject(self, kind: str, key: tuple[str, ...], why: str) -> None:
        """Forget what was kept, since it `why`."""
        file = self._file(kind, key)
        log.warning("%s: %s; it is made anew", file, why)
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)

    def _file(self, kind: str, key: tuple[str, ...]) -> Path:
        name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]
        return (self._folder or Path()) / f"{name}.{kind}"

    def _thin_out(self, kind: str) -> None:
        assert self._folder is not None
        files = sorted(self._folder.glob(f"*.{kind}"), key=lambda file: file.stat().st_mtime)
        for old in files[:-KEPT]:
            old.unlink(missing_ok=True)

    def _complain(self, what: str) -> None:
        if not self._said:
            self._said = True
            log.warning("%s: %s", self._folder, what)


def _sum(key: tuple[str, ...], content: bytes) -> bytes:
    return hashlib.sha256(json.dumps(key).encode() + b"\0" + content).digest()

"""What children found out, kept from start to start: a trial takes seconds, a crash is not to be repeated.

An entry is believed for the same provider, driver, kernel, models and version of edged only. A cache that
cannot be read is made anew, one that cannot be written is done without; either is said once.
"""

import hashlib
import json
import logging
import os
import platform
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edged import __version__
from edged.backends.trial import Said, judge
from edged.backends.verdict import Hopeless
from edged.catalog.verify import sha256_of
from edged.errors import ProviderUnavailable

log = logging.getLogger(__name__)

SYSTEM = Path("/var/cache/edged")
FILE = "trials.json"

KEPT = 64
"""Entries kept, the newest: a board has three or four, and gets others with each upgrade."""


def cache_folder() -> Path:
    """Return where edged keeps what it can do without: systemd's folder, root's, or the user's (XDG)."""
    managed = os.environ.get("CACHE_DIRECTORY", "").partition(":")[0]
    if managed:
        return Path(managed)
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if os.geteuid() == 0 and not named.is_absolute():
        return SYSTEM
    return (named if named.is_absolute() else Path("~/.cache").expanduser()) / "edged"


def key_of(provider: str, driver: str, files: Iterable[Path]) -> str:
    """Return what an answer is kept under.

    provider: and stage. driver: as it calls its version. files: the models it computed with.
    """
    parts = [provider, driver, platform.release(), platform.machine(), __version__]
    return hashlib.sha256(json.dumps([*parts, *(sha256_of(file) for file in files)]).encode()).hexdigest()


class TrialCache:
    """Answers of children by key. Used by one thread at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is made when something is kept; None: `cache_folder()`."""
        self._file = (folder or cache_folder()) / FILE
        self._said = False
        self._entries = self._read()

    def find(self, key: str) -> Said | None:
        """Return what was said under that key."""
        return self._entries.get(key)

    def keep(self, key: str, said: Said) -> None:
        """Keep an answer; that nothing could be opened is no answer: it may be there next time."""
        if said["error"] in (ProviderUnavailable.__name__, Hopeless.__name__):
            return
        self._entries.pop(key, None)
        self._entries[key] = said
        while len(self._entries) > KEPT:
            del self._entries[next(iter(self._entries))]
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._file.parent, delete=False) as fresh:
                json.dump(self._entries, fresh, indent=1)
            Path(fresh.name).replace(self._file)
        except OSError as exc:
            self._complain(
                f"cannot be written ({exc.strerror or exc}): accelerators are tried at every start"
            )

    def _read(self) -> dict[str, Said]:
        try:
            found: Any = json.loads(self._file.read_bytes())
            for said in found.values():
                _check(said)
        except FileNotFoundError:
            return {}
        except OSError as exc:
            self._complain(f"cannot be read ({exc.strerror or exc}): accelerators are tried anew")
            return {}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self._complain("is damaged and made anew")
            return {}
        return found

    def _complain(self, what: str) -> None:
        if not self._said:
            self._said = True
            log.warning("%s: %s", self._file, what)


def _check(said: Said) -> None:
    try:
        judge("", said)
    except ProviderUnavailable:
        return

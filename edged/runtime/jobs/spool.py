"""Where recordings of front ends lie until they are recognized: on disk, and gone with who took them.

Each process has a folder of its own and holds its lock; what lies in a folder that nobody holds was left by a
crash, and the next start deletes it.
"""

import fcntl
import logging
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from edged.errors import SinkError

log = logging.getLogger(__name__)

LOCK = "lock"
PREFIX = "taken-"


class Spool:
    """The folder of one process. Safe from any thread."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, readable by nobody else, and delete what crashed processes left.

        Args:
            folder: on a disk: `/run` is memory. Shared by all processes of edged's.

        Raises:
            SinkError: it cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
            self._lock = _hold(self.folder)
        except OSError as exc:
            raise SinkError(f"{folder}: cannot be written ({(exc.strerror or str(exc)).lower()})") from exc

    def create(self) -> tuple[Path, BinaryIO]:
        """Return a new file for one recording, open for writing; whoever does not submit it must delete it.

        Raises:
            SinkError: it cannot be written.
        """
        try:
            descriptor, name = tempfile.mkstemp(dir=self.folder)
        except OSError as exc:
            raise SinkError(f"{self.folder}: cannot be written ({(exc.strerror or '').lower()})") from exc
        return Path(name), os.fdopen(descriptor, "wb")

    def close(self) -> None:
        """Delete all; closing twice is allowed."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _hold(folder: Path) -> int | None:
    """Take the lock of a folder; None: another process has it."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _sweep(folder: Path) -> None:
    """Delete the folders that nobody holds."""
    for left in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or deleted by another start at this moment
            if not (left / LOCK).exists():
                continue  # made by another start at this moment, which has not locked it yet
            lock = _hold(left)
            if lock is not None:
                count = sum(1 for each in left.iterdir() if each.name != LOCK)
                shutil.rmtree(left, ignore_errors=True)
                os.close(lock)
                if count:
                    log.info("jobs: deleted %d recordings that a run before had not finished", count)

"""Whether the disk has room for a pull, before it begins and before anything large arrives."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from edged.catalog.known import Known, Wheel
from edged.catalog.transport import Unfinished

SPARE_BYTES = 4 << 20
"""Kept free beyond what a pull needs, for manifests and the file system's own blocks."""


class NoRoom(Unfinished):
    """The disk cannot take it; another source would not help."""


def free_bytes(place: Path) -> int:
    """Return what the file system of an existing folder can still take."""
    return shutil.disk_usage(place).free


def needed(missing: Sequence[Known], online: bool) -> int:
    """Return the bytes that a pull takes for a moment: the models, and the largest thing they come out of."""
    largest = 0
    for entry in missing if online else ():
        if isinstance(entry.origin, Wheel):
            largest = max(largest, 2 * entry.origin.bytes)  # pip keeps two copies of it for a moment
        else:
            largest = max(largest, entry.bytes, entry.origin.unpacked_bytes)
    return sum(entry.bytes for entry in missing) + largest


def check_room(place: Path, coming: int, free: Callable[[Path], int]) -> None:
    """Raise NoRoom unless the file system of an existing folder can take that many bytes more."""
    total, left = coming + SPARE_BYTES, free(place)
    if left < total:
        raise NoRoom(
            f"{place}: {total / 1e6:.1f} MB are needed for a moment, {left / 1e6:.1f} MB are free (or --dir)"
        )

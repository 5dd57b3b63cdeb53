"""What was written is there after the power failed: on the disk, not only on its way there."""

import os
from pathlib import Path
from typing import IO


def flush(file: IO[bytes] | IO[str]) -> None:
    """Have what was written to an open file on the disk.

    Raises:
        OSError: it cannot be written.
    """
    file.flush()
    os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on the disk: a file that was renamed is found under its new one.

    Raises:
        OSError: it cannot be written.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

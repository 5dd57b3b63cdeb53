"""Files of the machine, read so that no missing, locked or odd one stops a check."""

import mmap
import re
from pathlib import Path

from edged.backends.shared_libraries import found, is_there, libraries
from edged.config.sysroot import on_machine

__all__ = ["found", "in_binary", "is_there", "libraries", "text"]

LONGEST = 65_536
"""Bytes read of a file; those of the kernel are shorter."""


def text(path: str) -> str:
    """Return the beginning of a file as text; empty where it cannot be read."""
    try:
        with on_machine(path).open("rb") as file:
            return file.read(LONGEST).decode("utf-8", "replace").strip("\0\n ")
    except OSError:
        return ""


def in_binary(file: Path, pattern: bytes) -> str | None:
    """Return the first group of a pattern in a file of any size; None where it is not in it."""
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            match = re.search(pattern, content)
            return match[1].decode("ascii", "replace") if match else None
    except (OSError, ValueError):  # ValueError: an empty file
        return None

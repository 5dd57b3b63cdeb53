"""Small files in which a machine tells one thing: what cannot be read is absent, never an error."""

import os
from collections.abc import Iterator
from pathlib import Path

from edged.config.sysroot import on_machine

LONGEST = 64 * 1024
"""Bytes read of one file: /proc/cpuinfo of many cores is the longest."""


def text(path: str) -> str | None:
    """Return what a file of the machine says, without space at its ends; None where nothing can be read.

    A pipe that nobody writes to says nothing, and does not hold up the reader.
    """
    try:
        descriptor = os.open(on_machine(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        said = os.read(descriptor, LONGEST)
    except OSError:  # EINVAL and EAGAIN of a sensor that is asleep
        return None
    finally:
        os.close(descriptor)
    return said.decode("utf-8", "replace").replace("\0", "").strip() or None


def number(path: str) -> int | None:
    """Return the whole number that a file holds, None where it holds none."""
    said = text(path)
    try:
        return None if said is None else int(said)
    except ValueError:
        return None


def found(folder: str, pattern: str) -> Iterator[str]:
    """Yield the paths in a folder of the machine that match, as seen from its own root, sorted."""
    root = on_machine("/")
    for place in sorted(on_machine(folder).glob(pattern), key=_natural):
        yield f"/{place.relative_to(root)}"


def _natural(place: Path) -> tuple[int, str]:
    digits = "".join(letter for letter in place.name if letter.isdigit())
    return int(digits or 0), place.name

"""Puts a text in the place of a file: whole at any time, or the one before."""

import contextlib
import os
from pathlib import Path

from edged.config.durable import flush, flush_folder


def replace(file: Path, text: str, like: Path | None = None) -> None:
    """Write a file anew.

    Args:
        file: its folder must be there.
        text: all of it.
        like: whoever may read this file may read the new one; None or absent: everybody.

    Raises:
        OSError: it cannot be written; the one before stays.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            _as_open_as(out.fileno(), like)
            flush(out)
        draft.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    flush_folder(file.parent)


def _as_open_as(descriptor: int, like: Path | None) -> None:
    try:
        told = None if like is None else like.stat()
    except FileNotFoundError:
        told = None
    os.fchmod(descriptor, 0o644 if told is None else told.st_mode & 0o666)
    if told is not None:
        with contextlib.suppress(PermissionError):  # not root: then the file is our own anyway
            os.fchown(descriptor, told.st_uid, told.st_gid)

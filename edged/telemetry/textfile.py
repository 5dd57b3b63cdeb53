"""The metrics as a text file for node_exporter: whole at any time, or the one before."""

import contextlib
import os
from pathlib import Path

from edged.errors import SinkError


def write(path: str, text: bytes) -> None:
    """Put a file of this text in the place of the one before.

    Raises:
        SinkError: it cannot be written; the one before stays.
    """
    file = Path(path)
    draft = file.with_name(f".{file.name}.{os.getpid()}")  # node_exporter reads *.prom alone
    try:
        draft.write_bytes(text)
        draft.chmod(0o644)
        draft.replace(file)
    except OSError as exc:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise SinkError(f"metrics: cannot write {path}: {exc.strerror or exc}") from exc

"""Files to one archive: the same files always give the same bytes."""

import gzip
import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path

from edged.doctor.bug_report.gather import Part
from edged.errors import SinkError

ROOT = "edged-report"


def packed(parts: Iterable[Part]) -> bytes:
    """Return a tar.gz without times, owners or an order of its own."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for part in sorted(parts, key=lambda each: each.name):
            entry = tarfile.TarInfo(f"{ROOT}/{part.name}")
            entry.size, entry.mode = len(part.content), 0o600
            archive.addfile(entry, io.BytesIO(part.content))
    return gzip.compress(tar.getvalue(), mtime=0)


def save(archive: bytes, path: Path) -> None:
    """Write a new file that only its owner may read.

    Raises:
        SinkError: it is there already, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
            file.write(archive)
    except FileExistsError as exc:
        raise SinkError(f"{path}: is there already; name another with --out") from exc
    except OSError as exc:
        raise SinkError(f"{path}: {(exc.strerror or str(exc)).lower()}") from exc

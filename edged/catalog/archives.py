"""Members of an archive to places of our choosing; nothing else in it is looked at or written."""

import bz2
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from edged.errors import ModelError

CHUNK = 1 << 20
"""Bytes copied at a time."""

_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError, ArithmeticError,
    RuntimeError,  # a password, an unknown compression, headers nested too deep
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """One member."""

    path: Path
    """Where it goes."""
    limit: int
    """Bytes that it may have."""


def unpack(archive: Path, wanted: Mapping[str, Wanted], limit: int) -> None:
    """Copy members, by their path in a zip (a wheel is one), tar or tar.bz2, to where they are wanted.

    limit: bytes that a tar may unpack to, all members counted.

    Raises:
        ModelError: damaged, no archive, a member is missing, too long, or no plain file.
        OSError: the disk is full or refuses.
    """
    with archive.open("rb") as file:
        start = file.read(4)
    try:
        if start.startswith(b"PK"):
            _from_zip(archive, wanted)
        else:
            _from_tar(archive, wanted, limit, compressed=start.startswith(b"BZh"))
    except _DAMAGE as exc:
        raise ModelError(f"{archive.name}: damaged or no archive ({exc})") from exc
    except OSError as exc:
        if exc.errno is not None:
            raise
        raise ModelError(
            f"{archive.name}: damaged or no archive ({exc})"
        ) from exc  # bz2 has no error of its own


def copy(source: Callable[[int], bytes], wanted: Wanted, what: str) -> None:
    """Copy what `source` reads to where it is wanted.

    Raises:
        ModelError: it is longer than it may be.
    """
    left = wanted.limit
    wanted.path.parent.mkdir(parents=True, exist_ok=True)
    with wanted.path.open("wb") as out:
        while chunk := source(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise ModelError(f"{what} is longer than the {wanted.limit} bytes it may have")
            out.write(chunk)


def _from_zip(path: Path, wanted: Mapping[str, Wanted]) -> None:
    with zipfile.ZipFile(path) as archive:
        for member, target in wanted.items():
            try:
                info = archive.getinfo(member)
            except KeyError as exc:
                raise ModelError(f"{path.name}: holds no {member}") from exc
            if stat.S_ISLNK(info.external_attr >> 16) or info.is_dir():
                raise ModelError(f"{path.name}: {member} is no plain file")
            with archive.open(info) as source:
                copy(source.read, target, f"{path.name}: {member}")


def _from_tar(path: Path, wanted: Mapping[str, Wanted], limit: int, *, compressed: bool) -> None:
    left = dict(wanted)
    with (
        path.open("rb") as raw,
        bz2.open(raw) if compressed else raw as plain,
        # a stream: read once from front to back, and what is not wanted is never kept
        tarfile.open(fileobj=_Bounded(plain, limit), mode="r|") as archive,
    ):
        for info in archive:
            member = str(PurePosixPath(info.name))
            if (target := left.pop(member, None)) is None:
                continue
            source = archive.extractfile(info) if info.isreg() else None
            if source is None:
                raise ModelError(f"{path.name}: {member} is no plain file")
            copy(source.read, target, f"{path.name}: {member}")
            if not left:
                return
    raise ModelError(f"{path.name}: holds no {next(iter(left))}")


class _Bounded(io.BufferedIOBase):
    """A file that ends with an error where a tar of honest size would have ended long ago."""

    def __init__(self, file: IO[bytes], limit: int) -> None:
        self._file = file
        self._left = limit

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        data = self._file.read(-1 if size is None else size)
        self._left -= len(data)
        if self._left < 0:
            raise tarfile.ReadError("unpacks to far more than expected")
        return data

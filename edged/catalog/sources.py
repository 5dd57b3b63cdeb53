"""Where the files of a model can be had from, in the order in which they are tried."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from edged.catalog.archives import Wanted, copy, unpack
from edged.catalog.known import Release, Wheel
from edged.catalog.replies import shown
from edged.catalog.transport import Fetcher
from edged.catalog.wheels import download, supplied
from edged.errors import ModelError

Origin = Wheel | Release
MARGIN = 64 << 20
"""Bytes that an archive may be, or unpack to, beyond what is expected: its makers add test recordings."""


class Source(Protocol):
    """One place to have the files of one origin from."""

    @property
    def said(self) -> str:
        """What model.toml says of where the files came from."""
        ...

    @property
    def server(self) -> str:
        """Which web server it is on; empty where that is not ours to know."""
        ...

    def copy(self, wanted: Mapping[str, Wanted]) -> None:
        """Copy members, by their path in the wheel or release, to where they are wanted.

        Raises:
            ModelError: they cannot be had here.
            OSError: the disk is full or refuses.
        """
        ...

    def forget(self) -> None:
        """Remove what was fetched: it is not what it should be."""
        ...


@dataclass(slots=True)
class _Archive:
    """A wheel or archive that lies on this disk once `get` was called."""

    origin: Origin
    said: str
    get: Callable[[], Path]
    fetched: Path | None = None
    """Folder of the download, if there is one."""
    server: str = ""
    _path: Path | None = field(default=None, init=False)

    def copy(self, wanted: Mapping[str, Wanted]) -> None:
        if self._path is None:
            self._path = self.get()
        inside = "" if isinstance(self.origin, Wheel) else f"{self.origin.name}/"
        members = {inside + member: each for member, each in wanted.items()}
        unpack(self._path, members, _most(self.origin))

    def forget(self) -> None:
        _remove(self.fetched)


@dataclass(frozen=True, slots=True)
class _Files:
    """Members that lie one by one in a folder."""

    said: str
    get: Callable[[str, int], Path]
    """The file of that member, at most that long."""
    fetched: Path | None = None
    """Folder of the downloads, if there is one."""
    server: str = ""

    def copy(self, wanted: Mapping[str, Wanted]) -> None:
        here = {member: self.get(member, each.limit) for member, each in wanted.items()}
        for member, each in wanted.items():
            with here[member].open("rb") as file:
                copy(file.read, each, str(here[member]))

    def forget(self) -> None:
        _remove(self.fetched)


def is_web(address: str) -> bool:
    """Say whether a source that a person named is a web address, and not a path."""
    return address.lower().startswith(("http://", "https://"))


def published(origin: Origin, temporary: Path, halves: Path, fetcher: Fetcher) -> list[Source]:
    """Return where the makers publish it: a wheel on the package index, a release at its addresses.

    temporary: an empty folder, gone after this pull. halves: where downloads wait that broke off.
    """
    if isinstance(origin, Wheel):
        return [_Archive(origin, origin.source, lambda: download(origin, temporary, fetcher.progress))]
    archives = [_fetched_archive(origin, base, halves, fetcher) for base in origin.archives]
    return archives + [_fetched_files(origin, base, halves, fetcher) for base in origin.files]


def named(origin: Origin, address: str, halves: Path, fetcher: Fetcher) -> list[Source]:
    """Return what a person's own mirror may hold of it: a web address, a folder, or the file itself.

    A mirror holds wheels, archives and files that are published alone under their own names, or the files of
    a release in a folder of its name.
    """
    if not is_web(address):
        return [_on_this_disk(origin, Path(address).expanduser().absolute())]
    file = origin.file if isinstance(origin, Wheel) else origin.archive
    base = address.rstrip("/").removesuffix(f"/{file}").rstrip("/") + "/"
    if isinstance(origin, Wheel):
        return [_fetched_archive(origin, base, halves, fetcher)]
    whole = _fetched_archive if origin.archive else _fetched_files
    return [
        whole(origin, base, halves, fetcher),
        _fetched_files(origin, f"{base}{origin.name}/", halves, fetcher),
    ]


def _on_this_disk(origin: Origin, path: Path) -> Source:
    if isinstance(origin, Wheel):
        return _Archive(origin, origin.source, lambda: supplied(origin, path))
    said = f"{origin.name} ({path})"
    folder = path / origin.name if (path / origin.name).is_dir() else path
    if origin.archive and (folder == path or (path / origin.archive).is_file()):
        return _Archive(origin, said, lambda: _supplied_archive(origin, path))
    return _Files(said, lambda member, _: _supplied_file(folder, member))


def _supplied_archive(release: Release, source: Path) -> Path:
    path = source / release.archive if source.is_dir() else source
    if not path.is_file():
        raise ModelError(f"{path}: no such archive, and no folder {release.name} beside it")
    return path


def _supplied_file(source: Path, member: str) -> Path:
    path = source if source.is_file() and source.name == member else source / member
    if not path.is_file():
        raise ModelError(f"{path}: no such file")
    return path


def _fetched_archive(origin: Origin, base: str, halves: Path, fetcher: Fetcher) -> Source:
    file = origin.file if isinstance(origin, Wheel) else origin.archive
    folder = _folder(halves, origin, base)
    url, into = base + quote(file), folder / file

    def get() -> Path:
        fetcher.fetch(url, into, _most(origin))
        return into

    said = origin.source if isinstance(origin, Wheel) else f"{origin.name} ({shown(url)})"
    return _Archive(origin, said, get, folder, _server(base))


def _fetched_files(release: Release, base: str, halves: Path, fetcher: Fetcher) -> Source:
    folder = _folder(halves, release, base)

    def get(member: str, limit: int) -> Path:
        into = folder / member
        fetcher.fetch(base + quote(member), into, limit)
        return into

    return _Files(f"{release.name} ({shown(base)})", get, folder, _server(base))


def _folder(halves: Path, origin: Origin, base: str) -> Path:
    """One folder per address: halves of two servers are never put together."""
    return halves / origin.name / sha256(base.encode()).hexdigest()[:16]


def _server(base: str) -> str:
    return shown(base).split("/")[2] if "//" in shown(base) else ""


def _remove(folder: Path | None) -> None:
    if folder is None or not folder.is_dir():
        return
    shutil.rmtree(folder)
    for parent in folder.parents[:2]:  # of that origin, and of all halves
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


def _most(origin: Origin) -> int:
    return (2 * origin.bytes if isinstance(origin, Wheel) else origin.unpacked_bytes * 3 // 2) + MARGIN

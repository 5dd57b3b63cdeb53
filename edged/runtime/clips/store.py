"""Clips on disk: a folder each, `ID/clip.json` and `ID/sound.flac`, there as a whole or not at all.

A clip is written into a folder whose name begins with a dot and renamed; it is deleted the other way round.
Whoever finds a folder with a dot at a start finds what a crash left. `ID/verdict` is what a person says. All
is readable for its owner alone: it is the sound of a home. Daemon and command line may work on one folder.
"""

import contextlib
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edged.config.durable import flush, flush_folder
from edged.errors import AudioInputError, EdgedError
from edged.runtime.clips.clip import DOCUMENT, SOUND, VERDICT, NoSuchClip, as_root, read_clip
from edged.runtime.clips.document import Document, Verdict, to_json
from edged.runtime.clips.rotation import Entry, too_many, too_old
from edged.runtime.clips.sound import Channels, encoded

ID = re.compile(r"(\d{8}T\d{6}\.\d{3}Z)-(wake|stop|near_miss|rejected|lost)-[0-9a-f]{4,8}")
"""Sorts by time; the end tells apart what happened at once."""

_HALF, _GOING = ".new-", ".gone-"


@dataclass(frozen=True, slots=True)
class Listed:
    """One clip in a list."""

    document: Document | None
    """None where it is damaged."""
    id: str
    path: Path
    size: int
    """Bytes."""
    problem: str = ""


class Store:
    """The clips of one folder. Any thread may use it."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made or looked at before it is needed."""
        self.folder = folder
        self._lock = threading.Lock()

    def clean(self) -> None:
        """Make the folder, and delete what a crash left half written or half deleted.

        Raises:
            OSError: the disk is read-only, full, or the folder somebody else's.
        """
        self._make()
        for left in [*self.folder.glob(f"{_HALF}*"), *self.folder.glob(f"{_GOING}*")]:
            shutil.rmtree(left, ignore_errors=True)

    def put(self, document: Document, sound: Channels | None, quota: int) -> bool:
        """Keep a clip; older ones make room first. False where it alone is larger than `quota` bytes.

        Raises:
            OSError: the disk is full or read-only; nothing of it stays.
        """
        files = {DOCUMENT: to_json(document)}
        if sound is not None:
            files[SOUND] = encoded(sound)
        size = sum(len(content) for content in files.values())
        if size > quota:
            return False
        with self._lock:
            self._make()
            half = self.folder / f"{_HALF}{document.id}"
            try:
                self.make_room(quota - size)
                half.mkdir(mode=0o700)
                for name, content in files.items():
                    _write(half / name, content)
                half.rename(self.folder / document.id)
            except OSError:
                shutil.rmtree(half, ignore_errors=True)
                raise
            flush_folder(self.folder)
        return True

    def expire(self, now: datetime, max_age_s: float) -> int:
        """Delete what is older than that, 0: nothing; return how many were."""
        old = too_old(self.entries(), now.timestamp(), max_age_s)
        return sum(self._remove(each) for each in old)

    def make_room(self, quota: int) -> None:
        """Delete the oldest, marked ones last, until the rest fits into so many bytes."""
        for each in too_many(self.entries(), quota):
            self._remove(each)

    def entries(self) -> list[Entry]:
        """Return every clip, damaged ones too, the oldest first."""
        return sorted(self._entries(), key=lambda entry: entry.id)

    def list(self) -> Iterator[Listed]:
        """Yield every clip, the newest first."""
        for entry in reversed(self.entries()):
            path = self.folder / entry.id
            try:
                yield Listed(self.read(entry.id), entry.id, path, entry.size)
            except NoSuchClip:
                continue  # it was deleted meanwhile
            except AudioInputError as exc:
                yield Listed(None, entry.id, path, entry.size, str(exc))

    def read(self, id: str) -> Document:
        """Return what a clip says, and the verdict on it.

        Raises:
            NoSuchClip: there is none.
            AudioInputError: it is damaged or cannot be read.
        """
        return read_clip(self._at(id))

    def sound(self, id: str) -> Path:
        """Return its file of sound, to be played.

        Raises:
            NoSuchClip: there is none, or it has no sound.
        """
        path = self._at(id) / SOUND
        if not path.is_file():
            raise NoSuchClip(f"{id}: this clip has no sound")
        return path

    def mark(self, id: str, verdict: Verdict | None) -> None:
        """Note what the user says of it; None takes that back.

        Raises:
            NoSuchClip: there is none.
            EdgedError: the disk does not take it.
        """
        home = self._at(id)
        fresh = home / f"{VERDICT}.new"
        try:
            if verdict is None:
                (home / VERDICT).unlink(missing_ok=True)
                return
            _write(fresh, f"{verdict}\n".encode(), like=home)
            fresh.replace(home / VERDICT)
        except FileNotFoundError as exc:
            raise NoSuchClip(f"{id}: no such clip in {self.folder}") from exc
        except OSError as exc:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise EdgedError(
                f"{home}: the mark cannot be kept: {(exc.strerror or str(exc)).lower()}"
            ) from exc

    def delete(self, id: str) -> None:
        """Delete one.

        Raises:
            NoSuchClip: there is none.
            EdgedError: it cannot be deleted.
        """
        home = self._at(id)
        try:
            self._remove(id)
        except OSError as exc:
            raise EdgedError(f"{home}: cannot be deleted: {(exc.strerror or str(exc)).lower()}") from exc

    def purge(self, keep: Callable[[Entry], bool] = lambda entry: False) -> int:
        """Delete all but those to `keep`, and what a crash left; return how many clips were.

        Raises:
            EdgedError: one cannot be deleted.
        """
        going = [entry.id for entry in self.entries() if not keep(entry)]
        for id in going:
            with contextlib.suppress(NoSuchClip):  # the daemon's own rotation was faster
                self.delete(id)
        for left in [*self.folder.glob(f"{_HALF}*"), *self.folder.glob(f"{_GOING}*")]:
            shutil.rmtree(left, ignore_errors=True)
        return len(going)

    def _entries(self) -> Iterator[Entry]:
        try:
            found = list(self.folder.iterdir())
        except FileNotFoundError:
            return
        except OSError as exc:
            raise EdgedError(f"{self.folder}: {(exc.strerror or str(exc)).lower()}{as_root(exc)}") from exc
        for home in found:
            match = ID.fullmatch(home.name)
            if match is None:
                continue
            try:
                sizes = {file.name: file.stat().st_size for file in home.iterdir()}
                kept = datetime.strptime(match[1], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC).timestamp()
            except (OSError, ValueError):  # deleted meanwhile; or digits that are no time, and nobody's clip
                continue
            yield Entry(home.name, kept, sum(sizes.values()), VERDICT in sizes)

    def _at(self, id: str) -> Path:
        if ID.fullmatch(id) is None:
            raise NoSuchClip(f"{id!r} names no clip; see `edged clips list`")
        home = self.folder / id
        try:
            there = home.is_dir()
        except OSError as exc:
            raise EdgedError(f"{self.folder}: {(exc.strerror or str(exc)).lower()}{as_root(exc)}") from exc
        if not there:
            raise NoSuchClip(f"{id}: no such clip in {self.folder}")
        return home

    def _make(self) -> None:
        if not self.folder.is_dir():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)

    def _remove(self, id: str) -> bool:
        """Delete one, whole or not at all; False where somebody else did."""
        going = self.folder / f"{_GOING}{id}"
        try:
            (self.folder / id).rename(going)
        except FileNotFoundError:
            return False
        shutil.rmtree(going, ignore_errors=True)
        return True


def _write(file: Path, content: bytes, like: Path | None = None) -> None:
    """Write a file that nobody else may read, down to the disk; root's belongs to the owner of `like`."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as opened:  # noqa: PTH123 - of a descriptor
        if like is not None and os.geteuid() == 0:
            owner = like.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        opened.write(content)
        flush(opened)

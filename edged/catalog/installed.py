"""What a pull finds in the place of a model: it, whole; its remains; or something of the user's."""

from dataclasses import replace
from pathlib import Path

from edged.catalog.known import Known
from edged.catalog.manifest import Model
from edged.catalog.read import SHEET, read_model
from edged.catalog.verify import verify
from edged.errors import ModelError


def is_whole(entry: Known, folder: Path) -> bool:
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
    if not found.source.startswith(f"{entry.origin.name} "):
        raise ModelError(way_out)
    if found.files != settled(entry, found).files:
        return False  # the catalog has other files now
    try:
        verify(found)
    except ModelError:
        return False
    return True


def settled(entry: Known, found: Model) -> Model:
    """Return what the catalog says of an installed model, with what only the pull could know."""
    model = entry.model(found.folder)
    files = dict(model.files)
    for role, was in found.files.items():
        if role in files and files[role].sha256 is None:
            files[role] = replace(files[role], sha256=was.sha256, size=was.size)
    return replace(model, files=files, source=found.source)


def recorded(entry: Known, folder: Path) -> Model | None:
    """Return the manifest of an earlier pull that is about to be replaced; `is_whole` read it already."""
    return read_model(folder) if (folder / SHEET).is_file() else None

"""Which model a name means, and where it lies."""

import difflib
import os
import re
from dataclasses import replace
from pathlib import Path

from edged.catalog.form import NAME
from edged.catalog.known import Known, Wheel, known
from edged.catalog.manifest import Kind, Model
from edged.catalog.model_file import ModelFile
from edged.catalog.places import package_folder, places
from edged.catalog.read import SHEET, read_model
from edged.catalog.verify import check, sha256_of
from edged.errors import ModelError


def find(name: str, kind: Kind | None = None, models_dir: Path | None = None) -> Model:
    """Return the model of that name; its files are there and have the promised size.

    name: a catalog name, the path of an .onnx file (heads only: bring your own) or of a model folder.
    The first place that holds the name decides: a damaged model is an error, never a reason to take another.

    Raises:
        ModelError: nowhere found, damaged, or of another kind.
    """
    if "/" in name or name.endswith(".onnx"):
        model = _at_path(Path(name).expanduser().absolute(), kind)
    else:
        model = _by_name(name, places(models_dir))
    if kind is not None and model.kind != kind:
        raise ModelError(f"{name}: is of kind {model.kind}, not {kind} ({model.folder})")
    check(model)
    return model


def in_place(place: Path, name: str) -> Model | None:
    """Return the model of that name in one place, its files unchecked, or None.

    Raises:
        ModelError: it is there, and its model.toml cannot be read.
    """
    folder = place / name
    try:
        if (folder / SHEET).is_file():
            model = read_model(folder)
            if model.name != name:
                raise ModelError(
                    f"{folder / SHEET}: name = {model.name!r}: must be its folder's name, {name!r}"
                )
            return model
        return _bare(place, name)
    except PermissionError:
        return None  # the place is somebody else's, and `_missing` says so
    except OSError as exc:
        raise ModelError(f"{folder}: {exc.strerror or exc}") from exc


def _bare(place: Path, name: str) -> Model | None:
    """Return a known model whose files lie in an installed package, without a model.toml."""
    entry = known().get(name)
    if entry is None or not isinstance(entry.origin, Wheel) or place != package_folder(entry.origin.name):
        return None
    model = entry.model(place)
    return model if all(file.path.is_file() for file in model.files.values()) else None


def _by_name(name: str, searched: list[Path]) -> Model:
    for place in searched if re.fullmatch(NAME, name) else ():
        model = in_place(place, name)
        if model is not None:
            return model
    raise ModelError(_missing(name, searched))


def _missing(name: str, searched: list[Path]) -> str:
    looked = ", ".join(f"{place}{_state(place)}" for place in searched)
    if name in known():
        return f"model {name!r} is not installed (looked in {looked}): edged models pull {name}"
    names = {*known(), *(found for place in searched for found in names_in(place))}
    close = difflib.get_close_matches(name, sorted(names), n=1)
    hint = f"did you mean {close[0]!r}" if close else "see edged models list"
    pull = f"; to install it: edged models pull {close[0]}" if close and close[0] in known() else ""
    return f"no model is called {name!r} (looked in {looked}): {hint}{pull}"


def _state(place: Path) -> str:
    if os.access(place, os.R_OK | os.X_OK):
        return ""
    return " (absent)" if not os.path.lexists(place) else " (not readable)"


def names_in(place: Path) -> list[str]:
    """Return the names that a place holds, sorted; none where it is absent or closed to us."""
    try:
        folders = [folder.name for folder in place.iterdir() if (folder / SHEET).is_file()]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    bare = [name for name in known() if name not in folders and _bare(place, name) is not None]
    return sorted({*folders, *bare})


def _at_path(path: Path, kind: Kind | None) -> Model:
    try:
        return read_model(path) if path.is_dir() else _own_head(path, kind)
    except (OSError, ValueError) as exc:  # ValueError: a path with a NUL in it
        raise ModelError(f"{path}: {getattr(exc, 'strerror', None) or exc}") from exc


def _own_head(path: Path, kind: Kind | None) -> Model:
    if kind not in ("head", None) or path.suffix != ".onnx":
        wanted = "an .onnx file or a model folder" if kind in ("head", None) else "a model folder"
        raise ModelError(f"{path}: {wanted} is needed here, with its {SHEET}")
    entry = _recognized(path)
    if entry is not None:  # a renamed file keeps its licence and its classes
        model = entry.model(path.parent)
        file = replace(model.files["model"], path=path)
        return replace(model, name=path.stem, files={"model": file}, source=str(path))
    return Model(path.stem, "head", path.parent, {"model": ModelFile(path, None, None)}, "unknown", str(path))


def _recognized(path: Path) -> Known | None:
    size = path.stat().st_size
    heads = [entry for entry in known().values() if entry.sheet.kind == "head"]
    fits = [entry for entry in heads if entry.bytes == size]
    digest = sha256_of(path) if fits else ""
    return next((entry for entry in fits if entry.sheet.files["model"].sha256 == digest), None)

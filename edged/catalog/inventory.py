"""Everything that is installed, damaged, or could be pulled, by name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edged.catalog.known import known
from edged.catalog.manifest import Model
from edged.catalog.places import places
from edged.catalog.search import in_place, names_in
from edged.catalog.verify import check, verify
from edged.errors import ModelError


@dataclass(frozen=True, slots=True)
class Item:
    """One name of the list."""

    name: str
    state: Literal["installed", "damaged", "available"]
    """`available`: not here; `edged models pull` gets it."""
    model: Model | None
    """None where its model.toml cannot be read."""
    folder: Path | None
    """None where it is not here."""
    problem: str = ""
    """Why it is damaged, as a sentence."""


def inventory(models_dir: Path | None = None, *, contents: bool = False) -> list[Item]:
    """Return what a search finds by name, sorted, and then what could be pulled.

    contents: compare the sha256 of every file, not only its size.
    """
    found: dict[str, Item] = {}
    for place in places(models_dir):
        for name in names_in(place):
            if name not in found and (item := _look(place, name, contents)) is not None:
                found[name] = item
    here = sorted(found.values(), key=lambda item: item.name)
    rest = [
        Item(name, "available", entry.model(Path("/")), None)
        for name, entry in known().items()
        if name not in found
    ]
    return here + rest


def _look(place: Path, name: str, contents: bool) -> Item | None:
    try:
        model = in_place(place, name)
    except ModelError as exc:
        return Item(name, "damaged", None, place / name, str(exc))
    if model is None:
        return None
    try:
        (verify if contents else check)(model)
    except ModelError as exc:
        return Item(name, "damaged", model, model.folder, str(exc))
    return Item(name, "installed", model, model.folder)

"""The models that edged knows by name: what they are, and in which wheel they lie."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field

from edged.catalog.manifest import Model
from edged.catalog.sheet import FileTable, Name, Sheet, Table

CATALOG = Path(__file__).with_name("catalog.toml")


class Wheel(Table):
    """A wheel that holds models."""

    name: Name
    version: Name
    file: Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(gt=0)]

    @property
    def source(self) -> str:
        """What model.toml says of where the files came from."""
        return f"{self.name} {self.version} (wheel)"


@dataclass(frozen=True, slots=True)
class Known:
    """One model of the catalog."""

    sheet: Sheet
    wheel: Wheel
    members: Mapping[str, str]
    """By role: the file's path inside the wheel."""

    def model(self, folder: Path) -> Model:
        """Return the model as it lies, or will lie, in `folder`."""
        return self.sheet.model(folder)

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(file.bytes for file in self.sheet.files.values())


@cache
def known() -> Mapping[str, Known]:
    """Return the catalog by name, in its own order."""
    return read_catalog(CATALOG.read_bytes())


def read_catalog(raw: bytes) -> Mapping[str, Known]:
    """Read a catalog: `[[wheel]]` tables, and `[[model]]` tables that name a wheel and, per file, its member.

    Raises:
        KeyError, ValueError: it is malformed. It ships with edged, so that is a bug and not the user's.
    """
    table: dict[str, list[dict[str, Any]]] = tomllib.loads(raw.decode())
    wheels = {wheel.name: wheel for wheel in map(Wheel.model_validate, table["wheel"])}
    found = [_entry(entry, wheels) for entry in table["model"]]
    return MappingProxyType({entry.sheet.name: entry for entry in found})


def _entry(table: dict[str, Any], wheels: Mapping[str, Wheel]) -> Known:
    rest = dict(table)
    wheel = wheels[rest.pop("wheel")]
    files: dict[str, dict[str, Any]] = rest.pop("files")
    members = {role: str(file["member"]) for role, file in files.items()}
    plain = {role: _file({k: v for k, v in file.items() if k != "member"}) for role, file in files.items()}
    sheet = Sheet.model_validate({**rest, "source": wheel.source, "files": plain})
    return Known(sheet, wheel, MappingProxyType(members))


def _file(table: dict[str, Any]) -> FileTable:
    return FileTable.model_validate(table)

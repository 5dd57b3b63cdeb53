"""The models that edged knows by name: what they are, and where their makers publish them."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from edged.catalog.form import Name, Table, inside
from edged.catalog.manifest import Model
from edged.catalog.model_file import ModelFile
from edged.catalog.sheet import Facts

CATALOG = Path(__file__).with_name("makers")
"""One TOML file per maker."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Bytes = Annotated[int, Field(gt=0)]
Folder = Annotated[str, Field(pattern=r"^https?://[^\s?#@]+/$")]
"""An address to which a file's name is added."""


class Wheel(Table):
    """A wheel that holds models."""

    name: Name
    version: Name
    file: Name
    sha256: Sha256
    bytes: Bytes

    @property
    def source(self) -> str:
        """What model.toml says of where the files came from."""
        return f"{self.name} {self.version} (wheel)"


class Release(Table):
    """Files that their makers publish as an archive, one by one, or both."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,119}$")]
    """Also the folder inside the archive, and the name of a mirror's folder of single files."""
    archive: Annotated[str, Field(pattern=r"^([A-Za-z0-9_.-]+\.(tar\.bz2|tar|zip))?$")] = ""
    """File name of the archive; empty: there is none."""
    unpacked_bytes: Annotated[int, Field(ge=0)] = 0
    """What the archive unpacks to, roughly."""
    archives: Annotated[tuple[Folder, ...], Field(strict=False)] = ()
    """Where the archive is published, best first."""
    files: Annotated[tuple[Folder, ...], Field(strict=False)] = ()
    """Where the members are published one by one, best first."""

    @model_validator(mode="after")
    def _is_published(self) -> "Release":
        if not (self.archives or self.files) or bool(self.archive) != bool(self.archives):
            raise ValueError(f"{self.name}: no address, or an archive without one")
        if self.archive and not self.unpacked_bytes:
            raise ValueError(f"{self.name}: unpacked_bytes is missing")
        return self


class ListedFile(Table):
    """One file of the catalog: exactly known, or only about how long."""

    path: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(inside)] = ""
    """Inside the model's folder; empty: the member's own name."""
    member: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(inside)]
    sha256: Sha256 | None = None
    bytes: Bytes | None = None
    about_bytes: Bytes | None = None
    """From the makers' documentation, where nobody of us had the file in hands."""

    @model_validator(mode="after")
    def _is_bounded(self) -> "ListedFile":
        if (self.bytes is None) != (self.sha256 is None) or (self.bytes is None) == (
            self.about_bytes is None
        ):
            raise ValueError("either sha256 and bytes, or about_bytes")
        return self

    @property
    def limit(self) -> int:
        """Bytes that the file may have."""
        return self.bytes or (self.about_bytes or 0) * 5 // 4 + 65_536


class Listing(Facts):
    """What the catalog says of a model: as model.toml, but a sha256 may be absent."""

    files: Annotated[dict[Name, ListedFile], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Known:
    """One model of the catalog."""

    sheet: Listing
    origin: Wheel | Release

    @property
    def members(self) -> Mapping[str, str]:
        """By role: the file's path inside the wheel or release."""
        return {role: file.member for role, file in self.sheet.files.items()}

    def model(self, folder: Path) -> Model:
        """Return the model as it lies, or will lie, in `folder`; sha256 and size may not be known yet."""
        files = {r: ModelFile(folder / _path(f), f.sha256, f.bytes) for r, f in self.sheet.files.items()}
        model = self.sheet.describe(folder, files)
        return replace(model, unverified=any(file.sha256 is None for file in files.values()))

    @property
    def bytes(self) -> int:
        """Size of all its files, roughly where they are not verified."""
        return sum(file.bytes or file.about_bytes or 0 for file in self.sheet.files.values())


@cache
def known() -> Mapping[str, Known]:
    """Return the catalog by name, maker by maker."""
    return read_catalog(*(path.read_bytes() for path in sorted(CATALOG.glob("*.toml"))))


def read_catalog(*raw: bytes) -> Mapping[str, Known]:
    """Read a catalog: `[[wheel]]` and `[[release]]` tables, and `[[model]]` tables that name one of them.

    Raises:
        KeyError, ValueError: it is malformed. It ships with edged, so that is a bug and not the user's.
    """
    found: dict[str, Known] = {}
    for part in raw:
        for entry in _entries(tomllib.loads(part.decode())):
            if entry.sheet.name in found:
                raise ValueError(f"{entry.sheet.name}: twice in the catalog")
            found[entry.sheet.name] = entry
    return MappingProxyType(found)


def _entries(table: Mapping[str, list[dict[str, Any]]]) -> Iterable[Known]:
    wheels = {wheel.name: wheel for wheel in map(Wheel.model_validate, table.get("wheel", []))}
    releases = {release.name: release for release in map(Release.model_validate, table.get("release", []))}
    for model in table["model"]:
        rest = dict(model)
        wheel, release = rest.pop("wheel", None), rest.pop("release", None)
        if (wheel is None) == (release is None):
            raise ValueError(f"{rest.get('name')}: either a wheel or a release")
        origin = wheels[wheel] if wheel is not None else releases[release]
        source = origin.source if isinstance(origin, Wheel) else origin.name
        yield Known(Listing.model_validate({**rest, "source": source}), origin)


def _path(file: ListedFile) -> str:
    return file.path or file.member

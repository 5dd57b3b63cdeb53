"""The form of `model.toml`: every key, what it may hold, and the sentence for what it may not."""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from edged.catalog.manifest import Kind, Model, ModelFile, RecognizerFacts

DEFAULT_LAG_MS = 160
"""Where a model does not say: two hops, the middle of what synthetic voices scatter over."""
OF_SEVERAL_FILES = ("recognizer", "keywords")
"""Kinds whose files have roles of their own; every other kind has the role `model`."""
MAX_PROBLEMS = 5
"""More in one file than a person mends at a time."""


def inside(path: str) -> str:
    """Return a relative path that never leaves its folder.

    Raises:
        ValueError: it does, or could.
    """
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or not parts or re.search(r"[\x00-\x1f\x7f\\]", path):
        raise ValueError("must be a path inside the model's folder")
    return path


NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
"""A name is also a folder's name, and never a way out of its folder."""
Name = Annotated[str, Field(pattern=NAME)]
Line = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Text for people, on one line."""
Lines = Annotated[tuple[Line, ...], Field(strict=False)]
"""TOML knows lists, not tuples."""


class Table(BaseModel):
    """A TOML table: unknown keys are errors, nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class FileTable(Table):
    """One file, `[files.ROLE]`."""

    path: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(inside)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(gt=0)]


class RecognizerTable(Table):
    """What only a recognizer has, `[recognizer]`."""

    family: Name
    modes: Annotated[tuple[Literal["streaming", "offline"], ...], Field(min_length=1, strict=False)]
    sample_rate: Annotated[int, Field(ge=8000, le=48000)] = 16_000
    min_audio_s: Annotated[float, Field(ge=0, le=10)] = 0.2
    tail_padding_s: Annotated[float, Field(ge=0, le=10)] = 0.0
    self_test: bool = False
    vocabulary: Literal["open", "closed"] = "open"


class Facts(Table):
    """All that is said of a model but its files."""

    name: Name
    kind: Kind
    version: Line = ""
    licence: Annotated[Line, Field(min_length=1)]
    source: Line
    description: Line = ""
    attribution: Line = ""
    languages: Lines = ()
    lag_ms: Annotated[int, Field(ge=-2000, le=2000)] | None = None
    labels: Annotated[Lines, Field(max_length=64)] = ()
    suits: Line = ""
    unverified: bool = False
    recognizer: RecognizerTable | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Facts":
        if self.kind == "recognizer" and self.recognizer is None:
            raise ValueError("a recognizer needs the table [recognizer]")
        if self.kind != "recognizer" and self.recognizer is not None:
            raise ValueError(f"[recognizer] does not belong to kind {self.kind!r}")
        if self.kind != "head" and (self.labels or self.lag_ms is not None):
            raise ValueError(f"lag_ms and labels belong to heads, not to kind {self.kind!r}")
        return self

    def describe(self, folder: Path, files: Mapping[str, ModelFile]) -> Model:
        """Return the model that has these files in `folder`, an absolute path."""
        asr = self.recognizer
        return Model(
            name=self.name,
            kind=self.kind,
            folder=folder,
            files=files,
            licence=self.licence,
            source=self.source,
            description=self.description,
            languages=self.languages,
            lag_ms=DEFAULT_LAG_MS if self.lag_ms is None else self.lag_ms,
            labels=self.labels,
            recognizer=None if asr is None else RecognizerFacts(**dict(asr)),
            attribution=self.attribution,
            version=self.version,
            suits=self.suits,
            unverified=self.unverified,
        )


class Sheet(Facts):
    """The whole file."""

    files: Annotated[dict[Name, FileTable], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_its_file(self) -> "Sheet":
        if self.kind not in OF_SEVERAL_FILES and "model" not in self.files:
            raise ValueError("the role [files.model] is missing")
        return self

    def model(self, folder: Path) -> Model:
        """Return what it says of the files in `folder`, an absolute path."""
        return self.describe(
            folder, {r: ModelFile(folder / f.path, f.sha256, f.bytes) for r, f in self.files.items()}
        )


def sentence(error: ValidationError) -> str:
    """Return the problems of a sheet as one line: the key, what is wrong, and the way out."""
    found = [_problem(e["type"], e["loc"], e["msg"], e["input"]) for e in error.errors(include_url=False)]
    more = [f"and {len(found) - MAX_PROBLEMS} more"] if len(found) > MAX_PROBLEMS else []
    return "; ".join(found[:MAX_PROBLEMS] + more)


def _problem(kind: str, loc: tuple[int | str, ...], message: str, given: object) -> str:
    key = ".".join(str(part) for part in loc if part != "[key]")
    if kind == "extra_forbidden":
        hint = difflib.get_close_matches(str(loc[-1]), _allowed(loc), n=1)
        return f"{key}: unknown key" + (f", did you mean {hint[0]!r}?" if hint else "")
    if kind == "missing":
        return f"{key}: missing"
    text = message.removeprefix("Value error, ")
    text = text[:1].lower() + text[1:]
    if not key:
        return text
    return f"{key}: {text}" if isinstance(given, dict) else f"{key} = {_short(given)}: {text}"


def _allowed(loc: tuple[int | str, ...]) -> list[str]:
    tables: dict[str, type[Table]] = {"files": FileTable, "recognizer": RecognizerTable}
    table = Sheet if len(loc) == 1 else tables.get(str(loc[0]), Sheet)
    return list(table.model_fields)


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 60 else text[:57] + "..."

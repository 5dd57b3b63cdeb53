"""The form of `model.toml`: every key, what it may hold, and the sentence for what it may not."""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from edged.catalog.artifact_sheet import ArtifactTable
from edged.catalog.form import Line, Lines, Name, Sha256, Table, inside
from edged.catalog.manifest import Kind, Model, RecognizerFacts
from edged.catalog.model_file import ModelFile

DEFAULT_LAG_MS = 160
"""Where a model does not say: two hops, the middle of what synthetic voices scatter over."""
OF_SEVERAL_FILES = ("recognizer", "keywords", "compiled")
"""Kinds whose files have roles of their own; every other kind has the role `model`."""
MAX_PROBLEMS = 5
"""More in one file than a person mends at a time."""


class FileTable(Table):
    """One file, `[files.ROLE]`."""

    path: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(inside)]
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]


class RecognizerTable(Table):
    """What only a recognizer has, `[recognizer]`."""

    family: Name
    modes: Annotated[tuple[Literal["streaming", "offline"], ...], Field(min_length=1, strict=False)]
    sample_rate: Annotated[int, Field(ge=8000, le=48000)] = 16_000
    min_audio_s: Annotated[float, Field(ge=0, le=10)] = 0.2
    tail_padding_s: Annotated[float, Field(ge=0, le=10)] = 0.0
    max_audio_s: Annotated[float, Field(ge=1, le=30)] = 30.0
    probe_text: Line = ""
    self_test: bool = False
    vocabulary: Literal["open", "closed"] = "open"
    decoding: Literal["greedy_search", "modified_beam_search"] = "greedy_search"
    modeling_unit: Literal["", "cjkchar", "bpe", "cjkchar+bpe"] = ""


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
    artifact: Annotated[tuple[ArtifactTable, ...], Field(max_length=64, strict=False)] = ()

    @model_validator(mode="after")
    def _has_its_file(self) -> "Sheet":
        if self.kind not in OF_SEVERAL_FILES and "model" not in self.files:
            raise ValueError("the role [files.model] is missing")
        if (self.kind == "compiled") != bool(self.artifact):
            raise ValueError(
                f"[[artifact]] belongs to kind 'compiled', and that needs one: kind = {self.kind!r}"
            )
        absent = [
            role for each in self.artifact for role in (each.file, each.probe) if role not in self.files
        ]
        if absent:
            raise ValueError(f"[[artifact]] names the role {absent[0]!r}, and [files.{absent[0]}] is missing")
        return self

    def model(self, folder: Path) -> Model:
        """Return what it says of the files in `folder`, an absolute path."""
        files = {r: ModelFile(folder / f.path, f.sha256, f.bytes) for r, f in self.files.items()}
        model = self.describe(folder, files)
        return replace(model, artifacts=tuple(each.artifact(files) for each in self.artifact))


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
    tables: dict[str, type[Table]] = {
        "files": FileTable,
        "recognizer": RecognizerTable,
        "artifact": ArtifactTable,
    }
    table = Sheet if len(loc) == 1 else tables.get(str(loc[0]), Sheet)
    return list(table.model_fields)


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 60 else text[:57] + "..."

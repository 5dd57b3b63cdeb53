"""The form of `[[artifact]]` in a `model.toml`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from edged.catalog.artifact import Artifact, Canary, LayerNorm, Precision, Slot, Stage
from edged.catalog.form import Lines, Name, Sha256, Table
from edged.catalog.model_file import ModelFile
from edged.geometry import HISTORY


class SlotTable(Table):
    """One head of a compiled graph, `[[artifact.head]]`."""

    name: Name
    sha256: Sha256
    at: Annotated[int, Field(ge=0, le=1000)]
    outputs: Annotated[int, Field(ge=1, le=64)]
    switch: Annotated[float, Field(ge=0, le=1)] | None = None


class CanaryTable(Table):
    """`[artifact.canary]`."""

    column: Annotated[int, Field(ge=0, le=2000)]
    seed: Annotated[int, Field(ge=0)]
    tolerance: Annotated[float, Field(gt=0, le=1)]


class ArtifactTable(Table):
    """One compiled graph, `[[artifact]]`; `file` and `probe` are roles of `[files]`."""

    file: Name
    probe: Name
    provider: Literal["rknn"]
    target: Name
    stage: Stage
    window: Annotated[int, Field(ge=1, le=HISTORY)]
    precision: Precision
    layernorm: LayerNorm = "plain"
    toolkit: Name
    key: Sha256
    simulator_error: Annotated[float, Field(ge=0, le=1)]
    npu_operators: Annotated[int, Field(ge=0)] = 0
    cpu_operators: Lines = ()
    embedding_sha256: Sha256 | None = None
    head: Annotated[tuple[SlotTable, ...], Field(min_length=1, strict=False)]
    canary: CanaryTable | None = None

    @model_validator(mode="after")
    def _columns_follow_each_other(self) -> "ArtifactTable":
        at = 0
        for slot in self.slots():
            if slot.at != at:
                raise ValueError(f"head {slot.name}: at = {slot.at}, but the columns before it end at {at}")
            at += slot.width
        if self.canary is not None and self.canary.column != at:
            raise ValueError(f"canary.column = {self.canary.column}: must be the last column, {at}")
        if (self.stage == "embedding+heads") != (self.embedding_sha256 is not None):
            raise ValueError("embedding_sha256 belongs to the stage 'embedding+heads', and that needs it")
        return self

    def slots(self) -> tuple[Slot, ...]:
        return tuple(Slot(**dict(slot)) for slot in self.head)

    def artifact(self, files: Mapping[str, ModelFile]) -> Artifact:
        given = self.model_dump(exclude={"head", "canary", "file", "probe", "embedding_sha256"})
        return Artifact(
            **given,
            file=files[self.file],
            probe=files[self.probe],
            heads=self.slots(),
            canary=None if self.canary is None else Canary(**dict(self.canary)),
            embedding_sha256=self.embedding_sha256 or "",
        )

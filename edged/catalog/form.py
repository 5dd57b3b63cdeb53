"""What every table of a `model.toml` is made of."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


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
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Text for people, on one line."""
Lines = Annotated[tuple[Line, ...], Field(strict=False)]
"""TOML knows lists, not tuples."""


class Table(BaseModel):
    """A TOML table: unknown keys are errors, nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

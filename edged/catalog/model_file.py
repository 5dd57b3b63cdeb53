"""One file of a model: where it lies, and what its maker says of its bytes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model."""

    path: Path
    """Absolute."""
    sha256: str | None
    """Lower-case hex; None where nobody could vouch for it yet."""
    size: int | None
    """Bytes."""

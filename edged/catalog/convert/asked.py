"""What a conversion is asked to make of which heads, and what becomes of each: its nouns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edged.catalog.artifact import Artifact, Floats, LayerNorm, Precision, Stage
from edged.catalog.convert.environment import Toolkit
from edged.catalog.convert.gate import Finding
from edged.catalog.convert.samples import Samples

Compute = Callable[[bytes, Sequence[Floats]], list[Floats]]
"""What a graph answers on the CPU: (serialized ONNX, inputs) to outputs, first axis the windows."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head to convert."""

    name: str
    path: Path
    sha256: str
    window: int
    threshold: float = 0.5
    words: tuple[int, ...] = (0,)
    """Those of its outputs that are words."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is made, for which chip, and with what."""

    target: str
    place: Path
    """An empty folder for the files."""
    samples: Samples
    compute: Compute
    toolkit: Callable[[], Toolkit]
    """Asked when it is needed: what is in the cache needs no compiler."""
    before: Sequence[Artifact] = ()
    """What an earlier conversion made."""
    precision: Precision = "fp16"
    calibration: Samples | None = None
    """For int8."""
    step: Callable[[str, str], None] = lambda what, step: None


@dataclass(frozen=True, slots=True)
class Form:
    """Which of the graphs that the same heads can be."""

    embedding: Path | None = None
    """The embedding model, for the stage `embedding+heads`."""
    layernorm: LayerNorm = "plain"

    @property
    def stage(self) -> Stage:
        """As an artifact says it."""
        return "heads" if self.embedding is None else "embedding+heads"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one head in one form."""

    head: Head
    finding: Finding
    form: Form
    fresh: bool = True
    """False: an earlier conversion had made it from the same."""
    compiled: bool = True
    """False: the compiler did not make it."""

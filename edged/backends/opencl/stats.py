"""What the backend tells of itself."""

from dataclasses import dataclass
from typing import Literal

from edged.backends.opencl.designs import Choice


@dataclass(frozen=True, slots=True)
class Profile:
    """What the kernels of some steps took, by the device's own clock."""

    names: tuple[str, ...]
    """Of the launches of a step, in order."""
    kernels_s: tuple[tuple[float, ...], ...]
    """By step, seconds of each launch."""
    walls_s: tuple[float, ...]
    """By step, seconds from the first enqueue to the end of the last kernel, by the machine's clock."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Measured since the backend was opened."""

    device: str
    driver: str
    """As the driver calls its version."""
    precision: str
    choice: Choice
    tuned: bool
    """Whether this start measured which choice is best; else it was known, or given."""
    program: Literal["binary", "source"]
    """Where the kernels came from: the cache, or the driver's compiler."""
    open_s: float
    """Wall seconds from the models on disk to a backend that can step."""
    bytes_allocated: int
    """On the device, streams included."""
    launches: int
    """Kernels per step."""
    steps: int
    """Of all streams, replays included."""
    cpu_s: float
    """Processor seconds that threads spent in steps; the driver's own threads come on top."""
    kernel_s: float | None
    """Seconds per step that kernels ran, by the device's own clock; None until `profile` has measured it."""

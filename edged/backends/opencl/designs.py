"""Which convolutions share a launch: three designs, and how many work-items each launch has."""

import itertools
from dataclasses import dataclass
from typing import Literal, get_args

from edged.backends.opencl.plan import LANES, Convolution, Plan

Design = Literal["layered", "pair", "single"]
"""`layered`: a launch per convolution. `pair`: a new launch only where a convolution looks along mel, so that
a work-group owns its bands until then. `single`: one work-group for everything."""
Placement = Literal["device", "cpu"]

GROUP = 256
"""Work-items of a work-group that works alone; every full OpenCL device of today allows it, most 1024."""
SMALL_GROUP = 64
"""Work-items per group where groups need not meet."""
GRAIN = 16
"""Work-items that a Mali prefers a group to be a multiple of (clinfo of a Mali-G610)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How the work is cut; what the tuner decides."""

    design: Design
    rows: int
    """Rows of the answer that one work-item computes, at most: weights are read that many times less."""
    mel: Placement
    """Where the mel frames are computed."""

    def __str__(self) -> str:
        return f"{self.design}, {self.rows} rows per item, mel on {self.mel}"


CHOICES = tuple(
    Choice(design, rows, mel)
    for mel, rows, design in itertools.product(get_args(Placement), (2, 1, 4), ("pair", "single", "layered"))
)
"""Everything there is to choose from, most promising first."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One kernel."""

    name: str
    convolutions: tuple[Convolution, ...]
    mel: bool
    """It first makes mel frames of powers, which needs a single work-group."""
    items: int
    """Work-items in all."""
    group: int
    """Work-items per group; the groups of a launch share the bands of its answer between them."""

    @property
    def groups(self) -> int:
        return self.items // self.group


def rows_per_item(step: Convolution, wanted: int) -> int:
    """Return how many rows an item computes: as wanted, or fewer where they would not come out even."""
    return next(rows for rows in range(min(wanted, step.rows), 0, -1) if step.rows % rows == 0)


def items_of(step: Convolution, wanted_rows: int, bands: int) -> int:
    """Return how many items the given number of bands needs."""
    return step.rows // rows_per_item(step, wanted_rows) * bands * (step.layer.weights.shape[0] // LANES)


def launches(plan: Plan, choice: Choice) -> tuple[Launch, ...]:
    """Return the launches behind the one that makes powers of sound."""
    on_device = choice.mel == "device"
    found: list[Launch] = []
    if on_device and choice.design == "layered":
        found.append(Launch("mel", (), mel=True, items=GROUP, group=GROUP))
    for number, steps in enumerate(_groups(plan, choice.design)):
        name = f"convolve_{number}"
        alone = choice.design == "single"
        mel = on_device and number == 0 and choice.design != "layered"
        if alone or mel:
            found.append(Launch(name, steps, mel, items=GROUP, group=GROUP))
        elif choice.design == "layered":
            items = items_of(steps[0], choice.rows, steps[0].bands)
            found.append(Launch(name, steps, mel, _up(items, SMALL_GROUP), SMALL_GROUP))
        else:
            groups = steps[-1].bands
            most = max(items_of(step, choice.rows, step.bands // groups) for step in steps)
            group = min(GROUP, _up(most, GRAIN))
            found.append(Launch(name, steps, mel, items=groups * group, group=group))
    return tuple(found)


def _groups(plan: Plan, design: Design) -> list[tuple[Convolution, ...]]:
    if design == "single":
        return [plan.convolutions]
    groups: list[list[Convolution]] = []
    for step in plan.convolutions:
        looks_along_mel = step.layer.weights.shape[3] > 1
        if design == "layered" or looks_along_mel or not groups:
            groups.append([])
        groups[-1].append(step)
    return [tuple(group) for group in groups]


def _up(number: int, grain: int) -> int:
    return -(-number // grain) * grain

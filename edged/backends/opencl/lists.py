"""The fixed lists of kernels of one stream: one per parity, every argument set once.

The state exists twice. A step reads one copy and writes what it keeps into the other; the next step, of the
other parity, has its own kernel objects with the two exchanged. So nothing is copied and no argument is set.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from edged.backends.opencl.arguments import ARGUMENTS
from edged.backends.opencl.designs import Choice, launches
from edged.backends.opencl.driver import refused
from edged.backends.opencl.machine import Machine
from edged.backends.opencl.mel import POWER_GROUP, power_items
from edged.backends.opencl.program import Program
from edged.backends.opencl.weights import Weights
from edged.errors import ProviderUnavailable

PARITIES = 2

Call = tuple[Any, tuple[int], tuple[int]]
"""Kernel, work-items, work-items per group: what an enqueue takes."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A choice, compiled."""

    choice: Choice
    program: Program
    work: tuple[tuple[str, int, int], ...]
    """Name, work-items and group of each launch."""

    @property
    def on_device(self) -> bool:
        """Whether the mel frames are computed there."""
        return self.choice.mel == "device"


def recipe(machine: Machine, found: Weights, choice: Choice, program: Program) -> Recipe:
    """Return what a step enqueues, in order."""
    sound = [("power", power_items(found.bins), POWER_GROUP)] if choice.mel == "device" else []
    rest = [(launch.name, launch.items, launch.group) for launch in launches(machine.plan, choice)]
    return Recipe(choice, program, (*sound, *rest))


@dataclass(frozen=True, slots=True)
class State:
    """Device memory of one stream, two of each."""

    state: tuple[Any, Any]
    rows: tuple[Any, Any]
    """Where mel on the CPU writes all rows anew, both are the machine's one."""
    size: int
    """Bytes that were counted for it."""


def allocate(machine: Machine, on_device: bool) -> State:
    """Allocate the state of one stream.

    Raises:
        ProviderUnavailable: it would pass the limit, or the driver fails.
    """
    plan, memory = machine.plan, machine.memory
    zeros = [np.zeros(plan.state, machine.real)]
    if on_device:
        zeros += [np.zeros(plan.rows.size, np.float32)]
    size = PARITIES * sum(array.nbytes for array in zeros)
    memory.take(size, "a stream")
    try:
        twice = [(machine.copy(array, "a stream"), machine.copy(array, "a stream")) for array in zeros]
    except ProviderUnavailable:
        memory.give_back(size)
        raise
    rows = twice[1] if on_device else (machine.arrays["rows"], machine.arrays["rows"])
    return State(twice[0], rows, size)


def lists(machine: Machine, found: Recipe, state: State) -> tuple[tuple[Call, ...], ...]:
    """Return the calls of each parity.

    Raises:
        ProviderUnavailable: the driver fails.
    """
    return tuple(
        tuple(
            (_kernel(machine, found.program, name, state, parity), (items,), (group,))
            for name, items, group in found.work
        )
        for parity in range(PARITIES)
    )


def _kernel(machine: Machine, program: Program, name: str, state: State, parity: int) -> Any:
    kernel = program.kernel(name)
    given = {
        **machine.arrays,
        "state": state.state[parity],
        "next_state": state.state[1 - parity],
        "rows": state.rows[parity],
        "next_rows": state.rows[1 - parity],
    }
    with refused(f"the arguments of {name}"):
        for place, (_, argument) in enumerate(ARGUMENTS):
            kernel.set_arg(place, given[argument])
    return kernel

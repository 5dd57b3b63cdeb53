"""One device, opened: context, queue, and the memory that all streams share."""

import logging
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edged.backends.opencl.arguments import SOUND, real, result_size
from edged.backends.opencl.driver import PROVIDER, driver, refused, sentence
from edged.backends.opencl.memory import Memory
from edged.backends.opencl.plan import Plan
from edged.backends.opencl.weights import Weights
from edged.backends.quiet import banner_to_stderr
from edged.errors import ProviderUnavailable

log = logging.getLogger(__name__)

CLOSE_S = 1.0
"""Seconds that closing waits for the step of another thread: a step takes milliseconds."""


class Machine:
    """Everything on the device but the state of streams and the kernels."""

    def __init__(self, device: Any, plan: Plan, found: Weights, precision: str, memory: Memory) -> None:
        """Open the device and put the weights on it.

        Raises:
            ProviderUnavailable: it has too little memory, or its driver fails.
        """
        cl = driver()
        self.plan = plan
        self.memory = memory
        self.real = real(precision)
        self.lock = threading.Lock()
        """Held during a step: streams share the places where sound comes in and answers go out."""
        self.closed = False
        self.steps = 0
        self.cpu_s = 0.0
        """Processor seconds that threads spent in those steps."""
        size = np.dtype(self.real).itemsize
        arrays = {
            "weights": found.reals.astype(self.real),
            "constants": found.constants,
            "scratch": np.zeros(plan.scratch, self.real),
            "sound": np.zeros(SOUND, np.int16),
            "result": np.zeros(result_size(found.bins), np.float32),
            "rows": np.zeros(plan.rows.size, np.float32),
            "fresh": np.zeros(plan.state, self.real),
        }
        memory.take(sum(array.nbytes for array in arrays.values()), "models and work space")
        with refused("opening the device"), banner_to_stderr():
            self.context = cl.Context([device])
            self.queue = cl.CommandQueue(self.context, device)
        with refused("asking the device for its memory"):
            self.name: str = device.name.strip()
            check_room(device, max(found.reals.size * size, found.constants.nbytes))
        self._flags = cl.mem_flags
        self.arrays = {name: self.copy(array, name) for name, array in arrays.items()}
        """Memory by name: what ARGUMENTS call it; `rows` is where the host writes mel frames that it computed
        itself, `fresh` the state of a stream before any sound."""

    def copy(self, content: NDArray[Any], what: str) -> Any:
        """Return memory of the device with that content; who asks for it has counted it."""
        with refused(f"allocating {what}"):
            flags = self._flags.READ_WRITE | self._flags.COPY_HOST_PTR
            return driver().Buffer(self.context, flags, hostbuf=content)

    def close(self) -> None:
        """Let no further step begin and the queue run empty; memory goes with the last stream.

        A step that hangs in the driver is not waited for, and what the driver says at its end is only logged.
        """
        self.closed = True
        if not self.lock.acquire(timeout=CLOSE_S):
            log.warning("opencl: a step hangs in the driver of %s; it is left behind", self.name)
            return
        try:
            self.queue.finish()
        except driver().Error as exc:
            log.warning("opencl: closing %s: %s", self.name, sentence(exc))
        finally:
            self.lock.release()


def check_room(device: Any, largest: int) -> None:
    """Refuse a device that cannot hold the largest array at once: some drivers notice only when it is used.

    Raises:
        ProviderUnavailable: it cannot.
    """
    most = device.max_mem_alloc_size
    if largest > most:
        raise ProviderUnavailable(
            PROVIDER, f"{device.name.strip()} allocates {most} bytes at most, {largest} are needed"
        )

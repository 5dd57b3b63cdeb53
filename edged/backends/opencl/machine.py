"""One device, opened: context, queue, and the memory that all streams share."""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edged.backends.opencl.arguments import SOUND, real, result_size
from edged.backends.opencl.driver import PROVIDER, driver, refused
from edged.backends.opencl.memory import Memory
from edged.backends.opencl.plan import Plan
from edged.backends.opencl.weights import Weights
from edged.backends.quiet import banner_to_stderr
from edged.errors import ProviderUnavailable


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
        with refused("opening the device"), banner_to_stderr():
            self.context = cl.Context([device])
            self.queue = cl.CommandQueue(self.context, device)
        self._flags = cl.mem_flags
        self._check_room(device, found)
        # the order of ARGUMENTS, behind what belongs to a stream
        self.scratch = self.zeros(plan.scratch, self.real, "scratch")
        self.weights = self._constant(found.reals.astype(self.real), "the weights")
        self.constants = self._constant(found.constants, "the constants")
        self.sound = self.zeros(SOUND, np.int16, "the sound")
        self.result = self.zeros(result_size(found.bins), np.float32, "the answer")
        self.rows = self.zeros(plan.rows.size, np.float32, "the mel frames")
        """Where the host writes mel frames that it computed itself."""

    def zeros(self, size: int, kind: Any, what: str) -> Any:
        """Return memory to read and write, all zeros."""
        return self._copy(np.zeros(size, kind), self._flags.READ_WRITE, what)

    def _constant(self, content: NDArray[Any], what: str) -> Any:
        return self._copy(content, self._flags.READ_ONLY, what)

    def _copy(self, content: NDArray[Any], flags: int, what: str) -> Any:
        self.memory.take(content.nbytes, what)
        try:
            with refused(f"allocating {what}"):
                return driver().Buffer(self.context, flags | self._flags.COPY_HOST_PTR, hostbuf=content)
        except ProviderUnavailable:
            self.memory.give_back(content.nbytes)
            raise

    def _check_room(self, device: Any, found: Weights) -> None:
        """Refuse a device that cannot hold the largest array: some drivers notice only when it is used."""
        largest = max(found.reals.size * np.dtype(self.real).itemsize, found.constants.nbytes)
        if largest > device.max_mem_alloc_size:
            raise ProviderUnavailable(
                PROVIDER,
                f"{device.name.strip()} allocates {device.max_mem_alloc_size} bytes at most,"
                f" {largest} are needed",
            )

    def close(self) -> None:
        """Let the queue run empty; memory goes with the last stream."""
        with self.lock:
            if not self.closed:
                self.closed = True
                with refused("closing the device"):
                    self.queue.finish()

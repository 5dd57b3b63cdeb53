"""One small kernel whose answer is known: says which step of computing a device fails at."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edged.backends.opencl.driver import PROVIDER, driver, refused
from edged.backends.opencl.program import OPTIONS
from edged.backends.quiet import banner_to_stderr
from edged.errors import ProviderUnavailable

ITEMS = 1024

SOURCE = """
__kernel void trial(__global const float *given, __global float *found) {
    const int at = get_global_id(0);
    found[at] = fma(given[at], 0.5f, (float)at);
}
"""


def compute(device: Any) -> None:
    """Open a device, compile a kernel, run it, and compare.

    Raises:
        ProviderUnavailable: a step failed; the sentence begins with it.
    """
    cl = driver()
    given = np.linspace(-1, 1, ITEMS, dtype=np.float32)
    found = np.zeros(ITEMS, np.float32)
    flags = cl.mem_flags
    with banner_to_stderr():
        with refused("opening the device"):
            context = cl.Context([device])
            queue = cl.CommandQueue(context, device)
        with refused("compiling a kernel"):
            program = cl.Program(context, SOURCE).build(list(OPTIONS), [device], cache_dir=False)
        with refused("allocating memory"):
            source = cl.Buffer(context, flags.READ_ONLY | flags.COPY_HOST_PTR, hostbuf=given)
            target = cl.Buffer(context, flags.READ_WRITE, found.nbytes)
        with refused("running a kernel"):
            kernel = cl.Kernel(program, "trial")
            kernel.set_args(source, target)
            cl.enqueue_nd_range_kernel(queue, kernel, (ITEMS,), None)
            cl.enqueue_copy(queue, found, target)
    compare(given, found)


def compare(given: NDArray[np.float32], found: NDArray[np.float32]) -> None:
    """Refuse an answer that is not the kernel's.

    Raises:
        ProviderUnavailable: it is not.
    """
    expected = given * np.float32(0.5) + np.arange(ITEMS, dtype=np.float32)
    if not np.allclose(found, expected, atol=1e-3):
        raise ProviderUnavailable(PROVIDER, "running a kernel failed: its answer is wrong")

"""Memory that opening models took and nobody needs any more goes back to the system."""

import ctypes
import gc


def give_back() -> None:
    """Collect garbage, and have glibc return freed memory that it would keep for months.

    Reading the ONNX graphs and building the streaming one leaves some megabytes behind. Other C libraries
    have no such call and are left alone.
    """
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return

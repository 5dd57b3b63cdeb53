"""Keeps what vendors' libraries print off standard output, where programs read events and JSON.

libmali prints `arm_release_ver of this libmali is …` on first use, by C's own standard output. While a
library is opened, descriptor 1 leads to standard error; what the process says itself goes through a copy of
descriptor 1 that was made outside such a time (`own_output`).
"""

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Generator

_LOCK = threading.RLock()


@contextlib.contextmanager
def banner_to_stderr() -> Generator[None]:
    """Lead descriptor 1 to standard error until the end; C's own buffers are emptied on both sides."""
    with _LOCK:
        try:
            kept = os.dup(1)
        except OSError:  # closed before we began: nobody can read a banner there
            yield
            return
        try:
            _flush()
            os.dup2(2, 1)
            yield
        finally:
            _flush()
            os.dup2(kept, 1)
            os.close(kept)


def own_output() -> int:
    """Return a descriptor of standard output that no banner reaches; the caller closes it.

    Raises:
        OSError: there is no standard output.
    """
    with _LOCK:
        sys.stdout.flush()
        return os.dup(sys.stdout.fileno())


def _flush() -> None:
    ctypes.CDLL(None).fflush(None)

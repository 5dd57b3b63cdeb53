"""The way out of a process in which something hangs: name it, show every stack, exit 70."""

import contextlib
import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from edged.errors import StageStalled

log = logging.getLogger(__name__)

SAY_S = 1.0
"""Seconds to say what hangs, and again to show the stacks: standard error may be what everybody hangs in."""


def show_stacks_on_faults() -> None:
    """Have Python print the stack of every thread where the process is ended by SIGABRT, as systemd's
    watchdog does, or by a fault in native code.
    """
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # no standard error: nobody to tell
        faulthandler.enable(sys.stderr)


def leave_stalled(what: str) -> NoReturn:
    """End the process without waiting for anything; `what`: a sentence that names who hangs."""
    _attempt(lambda: log.error("%s; the stacks of all threads follow, then exit 70", what))
    _attempt(_show_stacks)
    os._exit(StageStalled.exit_code)


def _show_stacks() -> None:
    with contextlib.suppress(OSError, RuntimeError, ValueError, AttributeError):
        sys.stderr.flush()
        faulthandler.dump_traceback(sys.stderr, all_threads=True)


def _attempt(call: Callable[[], None]) -> None:
    """Let a thread of its own do it, for a while: it may hang in what everybody hangs in."""
    thread = threading.Thread(target=call, name="last words")
    thread.start()
    thread.join(SAY_S)

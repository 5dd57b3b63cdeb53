"""A throw-away process: started, waited for, ended where it must be, and explained."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import edged

MOST = 64 * 1024
"""Bytes that a child may answer: what a pipe holds while nobody reads."""

LOOK_S = 0.05
"""Seconds between two looks at the child: it takes seconds."""

KILLED_S = 2.0
"""Seconds that a killed process gets to be gone; one that a driver holds in the kernel never is."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    status: int | None
    """Exit status, negative for a signal; None: it was late and was ended."""
    answer: bytes

    @property
    def how(self) -> str:
        """How it ended, to finish a sentence with."""
        if self.status is None:
            return "hangs"
        if self.status >= 0:
            return f"exits with status {self.status}"
        try:
            return f"is ended by {signal.Signals(-self.status).name}"
        except ValueError:
            return f"is ended by signal {-self.status}"


class Stopped(Exception):
    """The run ends; the child was ended with it."""


def child_environment() -> dict[str, str]:
    """Return the environment of a child: one thread per library, edged importable, unbuffered."""
    root = str(Path(edged.__file__).parents[1])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def run_child(
    module: str,
    arguments: Sequence[str],
    limit_s: float,
    sleep: Callable[[float], bool] | None = None,
) -> Ended:
    """Run `python -m MODULE FD ARGUMENTS…`; what it writes to the descriptor FD is its answer.

    Drivers and libraries print what they like: none of that is kept.

    Args:
        module: with a `__main__` part.
        arguments: for it.
        limit_s: seconds it may take.
        sleep: waits that many seconds; True: the run is over. None: nobody interrupts.

    Raises:
        Stopped: `sleep` said so.
        OSError: no process can be started.
    """
    ours, theirs = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(theirs), *arguments],
            pass_fds=(theirs,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
        )
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    try:
        status = _wait(process, time.monotonic() + limit_s, sleep)
        os.set_blocking(ours, False)  # a process that it started may hold the other end
        try:
            return Ended(status, os.read(ours, MOST))
        except BlockingIOError:
            return Ended(status, b"")
    finally:
        os.close(ours)


def _wait(
    process: "subprocess.Popen[bytes]", until: float, sleep: Callable[[float], bool] | None
) -> int | None:
    while process.poll() is None:
        stopped = sleep(LOOK_S) if sleep is not None else time.sleep(LOOK_S)
        if stopped or time.monotonic() > until:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # one that the kernel holds is never gone
                process.wait(KILLED_S)
            if stopped:
                raise Stopped
            return None
    return process.returncode

"""A program that writes sound to its standard output, read without ever waiting longer than asked.

A driver that hangs or crashes does so in a process that can be ended; what it had to say is on its standard
error. Its pipe holds 64 KiB: a reader that is late makes the program late, and that counts what it lost.
"""

import array
import contextlib
import fcntl
import logging
import os
import select
import signal
import subprocess
import termios
import time
from collections import deque
from collections.abc import Mapping, Sequence

from edged.errors import ConfigError
from edged.stages.audio.alarm import Alarm

log = logging.getLogger(__name__)

SAID_LINES = 40
"""Last lines of standard error that are kept to explain an end."""
LONGEST_LINE = 4_096
"""Bytes; what a program says without a line end is cut there."""
KILL_S = 1.0
"""Seconds a killed process may take to end: one inside a broken driver cannot be ended at all."""


class Program:
    """A child process from start to end, read by one thread.

    Raises:
        ConfigError: There is no such program; `package` of Debian has it.
    """

    def __init__(self, command: Sequence[str], package: str, environ: Mapping[str, str]) -> None:
        self.name = command[0]
        self.said: deque[str] = deque(maxlen=SAID_LINES)
        """Its last lines of standard error."""
        try:
            # a group of its own: Ctrl-C in a terminal is for edged, which ends it in order
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environ,
                process_group=0,
            )
        except FileNotFoundError as exc:
            raise ConfigError(f"{self.name}: not installed; apt install {package}") from exc
        except OSError as exc:
            raise ConfigError(f"{self.name}: cannot be run: {(exc.strerror or str(exc)).lower()}") from exc
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._out, self._err = self._process.stdout.fileno(), self._process.stderr.fileno()
        for descriptor in (self._out, self._err):
            os.set_blocking(descriptor, False)
        self._alarm = Alarm()
        self._half = b""
        self._talks = True
        self._closed = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, timeout_s: float) -> bool:
        """Wait until there is something to read or its end; False after `interrupt`.

        Raises:
            TimeoutError: Nothing came in time.
        """
        masks = {self._out: select.POLLIN, **({self._err: select.POLLIN} if self._talks else {})}
        ready = self._alarm.wait(masks, timeout_s)
        if ready is not None and not ready:
            raise TimeoutError
        return ready is not None

    def lines(self) -> list[str]:
        """Return the lines of standard error that came since the last call."""
        while self._talks and (text := _read(self._err, LONGEST_LINE)) is not None:
            self._talks = bool(text)
            self._half += text
        *whole, self._half = self._half.split(b"\n")
        if not self._talks or len(self._half) > LONGEST_LINE:
            whole, self._half = [*whole, self._half], b""
        lines = [line.decode("utf-8", "replace").rstrip() for line in whole if line.strip()]
        self.said.extend(lines)
        return lines

    def waiting(self) -> int:
        """Return how many bytes of sound lie in the pipe."""
        size = array.array("i", [0])
        fcntl.ioctl(self._out, termios.FIONREAD, size)
        return size[0]

    def read(self, size: int) -> bytes | None:
        """Return some bytes of sound, at most `size`; None where there are none now, b"" at the end."""
        return _read(self._out, size)

    def rest(self) -> list[str]:
        """Return what it still says after the end of its sound, waiting a moment for it."""
        lines = self.lines()
        deadline = time.monotonic() + KILL_S
        while self._talks and (left := deadline - time.monotonic()) > 0:
            if not self._alarm.wait({self._err: select.POLLIN}, left):
                break
            lines += self.lines()
        return lines

    def ended(self) -> str:
        """Return how it ended, once its sound has; `said` is complete then."""
        self.rest()
        try:
            status = self._process.wait(KILL_S)
        except subprocess.TimeoutExpired:
            return "closed its output"
        if status >= 0:
            return f"ended with status {status}"
        names = {int(each): each.name for each in signal.Signals}
        return f"was ended by {names.get(-status, f'signal {-status}')}"

    def interrupt(self) -> None:
        """End a `wait`, and every later one; from any thread."""
        self._alarm.ring()

    def close(self) -> None:
        """End the process; closing twice is allowed."""
        if self._closed:
            return
        self._closed = True
        if self._process.poll() is None:  # its own children too, where it is a script
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(KILL_S)
        except subprocess.TimeoutExpired:
            log.warning("%s: process %d does not end: it hangs in a driver", self.name, self.pid)
        self._alarm.close()


def _read(descriptor: int, size: int) -> bytes | None:
    try:
        return os.read(descriptor, size)
    except BlockingIOError:
        return None

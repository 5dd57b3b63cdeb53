"""One command of a user's, run on one event: no shell, bounded in time, ended with all that it started."""

import logging
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

log = logging.getLogger(__name__)

KEPT = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "XDG_RUNTIME_DIR")
"""What of the daemon's environment a hook gets, with LC_…: the rest may hold secrets, or speak to systemd."""

POLITE_S = 1.0
"""Seconds between asking a command to end and ending it."""


class HookProcess:
    """A running command. Used by one thread."""

    def __init__(
        self, name: str, argv: Sequence[str], event: str, line: bytes, now: float, timeout_s: float
    ) -> None:
        """Start it.

        Args:
            name: of the hook.
            argv: the program and what it is given.
            event: name of the event, its $EDGED_EVENT.
            line: what it reads on standard input.
            now: monotonic seconds.
            timeout_s: seconds it may take.

        Raises:
            OSError: it cannot be started.
        """
        self.name = name
        self._timeout_s = timeout_s
        self._until = now + timeout_s
        self._asked = False
        said = os.memfd_create(f"edged hook {name}", os.MFD_CLOEXEC)  # a pipe would have to be written to
        try:
            os.write(said, line)
            os.lseek(said, 0, os.SEEK_SET)
            self._process = subprocess.Popen(
                argv,
                stdin=said,
                stdout=_our_stderr(),  # standard output may be where events go
                stderr=_our_stderr(),
                cwd="/",
                env={**environment(os.environ), "EDGED_EVENT": event},
                start_new_session=True,
            )
        finally:
            os.close(said)

    def ended(self, now: float) -> str | None:
        """Return a sentence on its end, empty where it did well; None while it runs. Ends it in its time."""
        if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if now >= self._until:
                self._end_it(now)
            return None
        # what it left behind; it is not reaped yet, so the number is still its own
        self._signal(signal.SIGKILL)
        code = self._process.wait()
        if self._asked:
            return f"took longer than {self._timeout_s:g} s and was ended"
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"exit code {code}" if code else ""

    def kill(self) -> None:
        """End it at once, with all it started."""
        self._signal(signal.SIGKILL)
        try:
            self._process.wait(POLITE_S)
        except subprocess.TimeoutExpired:  # the kernel holds it in a driver: nobody can wait for that
            log.warning("hook %s: does not end, and is left behind", self.name)

    def _end_it(self, now: float) -> None:
        self._signal(signal.SIGKILL if self._asked else signal.SIGTERM)
        self._asked = True
        self._until = now + POLITE_S

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):  # it is gone, or became another user's
            return


def environment(whole: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment a hook gets."""
    kept = {name: value for name, value in whole.items() if name in KEPT or name.startswith("LC_")}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", **kept}


def _our_stderr() -> int:
    try:
        os.fstat(2)
    except OSError:
        return subprocess.DEVNULL
    return 2

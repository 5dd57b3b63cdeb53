"""What systemd is told and asked: the protocol of sd_notify(3), silent where there is no systemd."""

import logging
import os
import socket
import time
from collections.abc import Callable, MutableMapping

log = logging.getLogger(__name__)

SEND_S = 0.2
"""Seconds a message may wait: whoever does not read them must not hold up the watch over the workers."""

EXTEND_S = 30.0
"""Seconds more that are asked for while models are opened; asked again well before they are over."""

LONGEST_STATUS = 400
"""Characters of the status line."""


class Service:
    """The socket that systemd gave this process, if it gave one. Used by the main thread alone."""

    def __init__(
        self, environ: MutableMapping[str, str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out: no child may speak for the daemon."""
        self._clock = clock
        self._address = _address(environ.pop("NOTIFY_SOCKET", ""))
        usec, pid = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
        self.watchdog_s = _watchdog_s(usec, pid)
        """Seconds without WATCHDOG=1 after which systemd ends this process; None: it does not."""
        self._alive_at = self._extended_at = float("-inf")
        self._status = ""
        self._reachable = True

    def extend(self) -> None:
        """Ask for more time to start; as often as one likes."""
        now = self._clock()
        if now - self._extended_at >= EXTEND_S / 3:
            self._extended_at = now
            self._send(f"EXTEND_TIMEOUT_USEC={EXTEND_S * 1e6:.0f}")

    def ready(self, status: str) -> bool:
        """Say that start or reload is over; False where it was not taken and is to be said again."""
        return self._send("READY=1", status=status)

    def status(self, text: str) -> None:
        """Show a line in `systemctl status`; said only where it differs from the last one."""
        if _line(text) != self._status:
            self._send(status=text)

    def alive(self) -> None:
        """Feed the watchdog, twice in its time; to be called only after every worker was looked at."""
        now = self._clock()
        if self.watchdog_s is not None and now - self._alive_at >= self.watchdog_s / 2:
            self._alive_at = now
            self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Say that the configuration is being read again; `ready` ends that."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self, status: str) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1", status=status)

    def _send(self, *lines: str, status: str | None = None) -> bool:
        """Send one datagram; True where it was taken, or nobody asked for any."""
        if self._address is None:
            return True
        text = self._status if status is None else _line(status)
        message = "\n".join([*lines, *([] if status is None else [f"STATUS={text}"])])
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(SEND_S)
                sender.sendto(message.encode(), self._address)
        except OSError as exc:  # systemd may be starting itself anew
            if self._reachable:
                log.warning("systemd cannot be told %r: %s", lines[0] if lines else "STATUS", exc)
            self._reachable = False
            return False
        self._reachable, self._status = True, text
        return True


def _address(given: str) -> str | None:
    """Return the address of NOTIFY_SOCKET for `sendto`; `@` stands for the null byte of an abstract one."""
    if not given:
        return None
    if given[0] not in "/@" or len(given) < 2:
        log.warning("NOTIFY_SOCKET=%s is neither a path nor an abstract socket: systemd is not told", given)
        return None
    return "\0" + given[1:] if given[0] == "@" else given


def _watchdog_s(usec: str, pid: str) -> float | None:
    """Return the time of the watchdog in seconds, None where there is none or it is another process's."""
    if not usec or (pid and pid != str(os.getpid())):
        return None
    if not usec.isascii() or not usec.isdigit() or not int(usec[:18]):
        log.warning("WATCHDOG_USEC=%s is not a number of microseconds: the watchdog is not fed", usec)
        return None
    return int(usec[:18]) / 1e6


def _line(text: str) -> str:
    """Return a text as one line that fits."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_STATUS else line[: LONGEST_STATUS - 1] + "…"

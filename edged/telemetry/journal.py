"""journald's native protocol: a datagram of fields per message, or a sealed memory file for a long one.

As systemd.io/JOURNAL_NATIVE_PROTOCOL describes it.
"""

import errno
import fcntl
import os
import socket
import struct
from array import array
from collections.abc import Mapping

SOCKET = "/run/systemd/journal/socket"

SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
"""journald refuses a file that could change while it reads."""

PATIENCE_S = 1.0
"""Seconds a full journal may hold up who logs."""


def encode(fields: Mapping[str, str]) -> bytes:
    """Return the message of some fields; a value of several lines carries its length before it."""
    message = bytearray()
    for name, value in fields.items():
        data = value.encode("utf-8", "surrogateescape")
        if b"\n" in data:
            message += name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
        else:
            message += name.encode() + b"=" + data + b"\n"
    return bytes(message)


class Journal:
    """The way to journald. Any thread may send."""

    def __init__(self, path: str = SOCKET) -> None:
        """Open a socket; nothing is sent, and the journal may come later."""
        self._path = path
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._sock.settimeout(PATIENCE_S)

    def send(self, fields: Mapping[str, str]) -> None:
        """Send one message.

        Raises:
            OSError: journald is not there or takes nothing.
        """
        message = encode(fields)
        try:
            self._sock.sendto(message, self._path)
        except OSError as exc:
            if exc.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                raise
            self._send_file(message)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def _send_file(self, message: bytes) -> None:
        descriptor = os.memfd_create("edged-journal", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            view = memoryview(message)
            while view:
                view = view[os.write(descriptor, view) :]
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, SEALS)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [descriptor]))]
            self._sock.sendmsg([b""], rights, 0, self._path)
        finally:
            os.close(descriptor)

"""A service manager for tests: a notify socket that keeps what it is told, in the order it came."""

import array
import os
import socket
from pathlib import Path


class FakeSystemd:
    """Bound at a path, or in the abstract namespace where that begins with `@`."""

    def __init__(self, address: Path | str, patience_s: float = 30.0) -> None:
        self.address = str(address)
        self.said: list[dict[str, str]] = []
        """One table per datagram: {"READY": "1", "STATUS": "…"}."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:] if self.address[0] == "@" else self.address)
        self._patience_s = patience_s

    def environment(self, watchdog_s: float | None = None) -> dict[str, str]:
        """What a service finds in its environment."""
        found = {"NOTIFY_SOCKET": self.address}
        return found if watchdog_s is None else {**found, "WATCHDOG_USEC": f"{watchdog_s * 1e6:.0f}"}

    def hear(self, within_s: float | None = None) -> dict[str, str]:
        """Wait for the next datagram; descriptors that come with it are closed, as BARRIER=1 asks.

        Raises:
            TimeoutError: none came.
            BlockingIOError: none was there, and `within_s` is 0.
        """
        self._socket.settimeout(self._patience_s if within_s is None else within_s)
        data, extra, _, _ = self._socket.recvmsg(8192, socket.CMSG_SPACE(64))
        for level, kind, content in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors = array.array("i")
                descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
                for descriptor in descriptors:
                    os.close(descriptor)
        self.said.append(dict(line.split("=", 1) for line in data.decode().splitlines()))
        return self.said[-1]

    def until(self, name: str, text: str = "") -> dict[str, str]:
        """Wait for a datagram that says this of that."""
        while True:
            heard = self.hear()
            if name in heard and text in heard[name]:
                return heard

    def rest(self) -> list[dict[str, str]]:
        """Take what already waits, and wait for nothing."""
        before = len(self.said)
        try:
            while True:
                self.hear(within_s=0)
        except BlockingIOError:
            return self.said[before:]

    def close(self) -> None:
        self._socket.close()

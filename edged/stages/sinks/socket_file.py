"""The file of a unix socket: made for nobody else, and only where no living program listens on it."""

import contextlib
import os
import socket
import stat
from pathlib import Path

from edged.errors import SinkError

MODE = 0o660
"""Owner and group of the service."""

BACKLOG = 16


class SocketFile:
    """A listening socket and its place in the file system."""

    def __init__(self, path: str) -> None:
        """Listen.

        Raises:
            SinkError: there is something else at that path, or it cannot be made.
        """
        self._path = Path(path)
        remove_dead(self._path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self.listener.bind(path)
            self._path.chmod(MODE)  # before `listen`: until then nobody can connect
            self.listener.listen(BACKLOG)
            self._inode = self._path.stat().st_ino
        except OSError as exc:
            self.listener.close()
            raise SinkError(f"socket: cannot listen on {path}: {exc.strerror or exc}") from exc
        self.listener.setblocking(False)

    def close(self) -> None:
        """Let go of it; the file goes where it is still ours."""
        if self.listener.fileno() < 0:
            return
        self.listener.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


def remove_dead(path: Path) -> None:
    """Remove a socket on which nobody listens any more, as a crash leaves it behind.

    Raises:
        SinkError: something else is there, or somebody listens on it.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise SinkError(f"socket: cannot look at {path}: {exc.strerror or exc}") from exc
    if not stat.S_ISSOCK(found.st_mode):
        raise SinkError(f"socket: {path} is there and is no socket; remove it, or name another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as probe:
        probe.setblocking(False)  # a full queue of one that lives answers EAGAIN
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            return
        except BlockingIOError:
            pass
        except OSError as exc:
            raise SinkError(f"socket: cannot look at {path}: {exc.strerror or exc}") from exc
    raise SinkError(f"socket: another program listens on {path}; end it, or name another path")

"""One child process and the socket to it: bytes that were sent, messages that came, and how it ended."""

import logging
import os
import select
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from typing import IO, Generic

from edged.backends.child import child_environment
from edged.stages.recognize import wire
from edged.stages.recognize.blame import Blame
from edged.stages.recognize.framing import Frames, M

log = logging.getLogger(__name__)

READ_BYTES = 64 * 1024

TAIL_LINES = 20
"""Last lines of the child's output kept to explain its death."""

TERMINATE_S = 0.7
"""Seconds between asking a process to end and ending it."""


def explain(status: int, last_line: str, what: str = "recognizer process") -> str:
    """Return a sentence for a process that ended: `status` as subprocess gives it, negative for a signal."""
    if status < 0:
        try:
            how = f"was ended by {signal.Signals(-status).name}"
        except ValueError:
            how = f"was ended by signal {-status}"
    else:
        how = f"exited with status {status}"
    return f"{what} {how}" + (f": {last_line}" if last_line else "")


class Child(Generic[M]):
    """A child from its start to its end. Not thread-safe except `send`, which its owner serializes."""

    def __init__(
        self,
        module: str,
        frames: Frames[M],
        what: str = "recognizer process",
        lowered: Sequence[str] = (),
        shared: Sequence[int] = (),
    ) -> None:
        """Start `python -m MODULE PID SOCKET SHARED…`.

        Args:
            module: with a `__main__` part.
            frames: makes messages of what comes.
            what: the child is called in sentences.
            lowered: command that starts another one below the usual priority; it must not fork.
            shared: other descriptors that it gets.

        Raises:
            OSError: no process can be started.
        """
        self._what = what
        ours, theirs = socket.socketpair()
        with theirs:
            command = [*lowered, sys.executable, "-P", "-m", module]
            passed = (theirs.fileno(), *shared)
            self.process = subprocess.Popen(
                [*command, str(os.getpid()), *map(str, passed)],
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,  # nothing the libraries print may reach the daemon's output
                stderr=subprocess.STDOUT,
                env=child_environment(),
            )
        assert self.process.stdout is not None
        self.output: IO[bytes] = self.process.stdout
        os.set_blocking(self.output.fileno(), False)
        ours.setblocking(False)
        self.socket = ours
        self._frames = frames
        self.mute = False
        """True once the child's output has ended."""
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)

    @property
    def pid(self) -> int:
        return self.process.pid

    def send(self, buffers: Sequence[bytes | memoryview]) -> int | None:
        """Return how many bytes went out at once, never waiting; None if the child is gone."""
        try:
            return self.socket.sendmsg(buffers)
        except BlockingIOError:
            return 0
        except (BrokenPipeError, ConnectionResetError):
            return None

    def receive(self) -> list[M] | None:
        """Return the messages that came; None when the child is gone.

        Raises:
            WireError: what came is no message.
        """
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return []
        except ConnectionResetError:
            return None
        return self._frames.feed(data) if data else None

    def listen_to_output(self) -> None:
        """Keep and log what the child printed."""
        try:
            data = os.read(self.output.fileno(), READ_BYTES)
        except BlockingIOError:
            return
        for line in data.decode("utf-8", "replace").splitlines():
            if line.strip():
                self._tail.append(line.strip()[:300])
                log.info("%s: %s", self._what, self._tail[-1])
        self.mute = not data

    def end(self, patience_s: float = 0.0, hung: bool = False) -> str:
        """End the process if it has not ended, and say why it did.

        Args:
            patience_s: seconds given to end by itself before it is asked to.
            hung: it answers nothing, so it is not asked but ended.

        Returns:
            One sentence with the status or signal and the last line it printed.
        """
        self.socket.close()
        status = self._wait(patience_s)
        for ask in (self.process.kill,) if hung else (self.process.terminate, self.process.kill):
            if status is None:
                ask()
                status = self._wait(TERMINATE_S)
        while not self.mute and self._pending_output():
            self.listen_to_output()
        self.output.close()
        return explain(0 if status is None else status, self._tail[-1] if self._tail else "", self._what)

    def _wait(self, seconds: float) -> int | None:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def _pending_output(self) -> bool:
        return bool(select.select([self.output], [], [], 0)[0])


class Channel(Child[wire.Message]):
    """A recognizer's process."""

    def __init__(self) -> None:
        self._blame: Blame | None = Blame()
        self._died_of = 0
        super().__init__("edged.stages.recognize.child", wire.Reader(), shared=(self._blame.descriptor,))

    @property
    def works_on(self) -> int:
        """The utterance that the process works on, or did when it ended; 0: none."""
        return self._died_of if self._blame is None else self._blame.utterance

    def end(self, patience_s: float = 0.0, hung: bool = False) -> str:
        """End the process; see `Child`."""
        story = super().end(patience_s, hung)
        if self._blame is not None:
            self._died_of = self._blame.utterance
            self._blame.close()
            self._blame = None
        return story

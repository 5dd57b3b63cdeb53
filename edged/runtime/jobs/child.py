"""A process that recognizes recordings: `python -m edged.runtime.jobs.child PARENT_PID SOCKET`, one socket.

Its recognizer is a process of its own again, so that what ends it costs one passage and not the recording.
Two threads: `orders` reads what the pool says, so that a cancel is heard in the middle of work; the main
thread works and answers.
"""

import os
import queue
import socket
import sys
import threading
import traceback
from typing import NoReturn

from edged.config.schema import Config
from edged.errors import ConfigError, EdgedError, ModelError, ProviderError
from edged.runtime.jobs import wire
from edged.runtime.jobs.desk import Cancelled, Desk, Progress
from edged.stages.recognize.framing import Frames, WireError
from edged.stages.recognize.settle import settle

READ_BYTES = 64 * 1024

Message = wire.Setup | wire.Order


class Orders:
    """What the pool says, read by a thread of its own."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._frames: Frames[wire.ToProcess] = Frames(wire.for_process)
        self._waiting: queue.Queue[Message] = queue.Queue(maxsize=2)  # the setup, and one order at a time
        self._cancelled = 0
        self._thread = threading.Thread(target=self._read, name="orders")
        self._thread.start()

    def next(self) -> Message:
        """Wait for the next; when the pool goes, the process ends instead."""
        return self._waiting.get()

    def cancelled(self, number: int) -> bool:
        """Return whether nobody wants this job any more."""
        return self._cancelled == number

    def _read(self) -> None:
        status = 0
        try:
            while data := self._sock.recv(READ_BYTES):
                for message in self._frames.feed(data):
                    if isinstance(message, wire.Cancel):
                        self._cancelled = message.number
                    else:
                        self._waiting.put_nowait(message)
        except ConnectionResetError:
            status = 0  # the daemon went first
        except (WireError, queue.Full):
            traceback.print_exc()
            status = EdgedError.exit_code
        sys.stderr.flush()
        os._exit(status)  # whatever the main thread does, nobody waits for it


def serve(sock: socket.socket) -> NoReturn:
    """Do what the pool orders until it goes.

    Raises:
        WireError: it speaks nonsense.
        OSError: it went.
    """
    orders = Orders(sock)

    def say(message: wire.ToPool) -> None:
        sock.sendall(wire.encode(message))

    setup = orders.next()
    if not isinstance(setup, wire.Setup):
        raise WireError("first message is no setup")
    desk: Desk | None = None
    while isinstance(order := orders.next(), wire.Order):
        progress = Progress(order.number, say, orders.cancelled)
        try:
            desk = desk or Desk(Config.model_validate_json(setup.config))
            answer = desk.work(order, progress)
        except Cancelled:
            if desk is not None:
                desk.forget()
            answer = wire.Free(order.number)
        except (ConfigError, ModelError, ProviderError) as exc:
            answer = wire.Failed(order.number, "model", str(exc))
        say(answer)
    raise WireError("a second setup")


def main() -> None:
    """Entry point: `child PARENT_PID SOCKET`."""
    status = EdgedError.exit_code
    try:
        parent, descriptor = map(int, sys.argv[1:3])
        settle(parent)
        serve(socket.socket(fileno=descriptor))
    except (BrokenPipeError, ConnectionResetError):
        status = 0  # the daemon went first
    except Exception:  # noqa: BLE001 - whatever it is, its last line tells the daemon why this process ended
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
